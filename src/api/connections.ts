/** Open connections, with the requests under way on each: more than one when the client does not wait for answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  readonly #requests = new Map<Socket, Set<IncomingMessage>>();
  readonly #spoilt = new WeakSet<Socket>();
  #closing = false;

  get size(): number {
    return this.#requests.size;
  }

  /** The server is about to stop: no connection is kept. */
  get closing(): boolean {
    return this.#closing;
  }

  opened(socket: Socket): void {
    this.#requests.set(socket, new Set());
    socket.once('close', () => this.forget(socket));
  }

  /** Another socket stands for the connection. */
  forget(socket: Socket): void {
    this.#requests.delete(socket);
  }

  /** A request has come in. With its answer's end the connection may have to end. */
  began(req: IncomingMessage, res: ServerResponse): void {
    const { socket } = req;
    const requests = this.#requests.get(socket);
    requests?.add(req);
    res.once('close', () => {
      requests?.delete(req);
      if ((requests?.size ?? 0) === 0 && (this.#closing || this.#spoilt.has(socket))) socket.destroySoon();
    });
  }

  /**
   * What came on the connection could not be read. Whether that can be answered: words of ours in the midst of another answer would
   * pass for a part of it. Requests that had come whole are still answered.
   */
  spoil(socket: Socket): boolean {
    const requests = this.#requests.get(socket);
    if (requests !== undefined && socket.writable) {
      if (requests.size === 0) return true;
      this.#spoilt.add(socket);
      if ([...requests].every(({ complete }) => complete)) return false;
    }
    socket.destroy();
    return false;
  }

  /** Ends those without a request. Node does not count a connection as idle before its first one. */
  close(): void {
    this.#closing = true;
    for (const [socket, { size }] of this.#requests) if (size === 0) socket.destroy();
  }
}
