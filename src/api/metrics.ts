/** Metrics in Prometheus' text format. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestReport } from './report.ts';

/** What is measured at the moment it is asked for. */
export interface Gauges {
  readonly connections: number;
  readonly requests_active: number;
  readonly queries_active: number;
  readonly queries_queued: number;
  readonly workers: number;
  readonly tasks_running: number;
}

/** Seconds: from a HEAD out of the page cache to a scan of terabytes. */
const buckets_s = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter('requests_total', 'Requests that are over', ['operation', 'status', 'code']);
  readonly #first_byte_s = this.#histogram('first_byte_seconds', 'From the head of a request to the first byte of its answer');
  readonly #duration_s = this.#histogram('request_seconds', 'From the head of a request to the end of its answer');
  readonly #received = this.#counter('received_bytes_total', 'Bytes of request bodies', ['operation']);
  readonly #sent = this.#counter('sent_bytes_total', 'Bytes of answer bodies', ['operation']);
  readonly #scanned = this.#counter('select_scanned_bytes_total', 'Bytes of objects that queries have read');
  readonly #processed = this.#counter('select_processed_bytes_total', 'The same after decompression');
  readonly #returned = this.#counter('select_returned_bytes_total', 'Bytes of records that queries have answered');
  readonly #rows = this.#counter('select_rows_total', 'Records that queries have answered');
  #hasDefaults = false;

  /** `read`: called for each answer. */
  constructor(read: () => Gauges) {
    const gauges: Record<keyof Gauges, string> = {
      connections: 'Open connections',
      requests_active: 'Requests under way',
      queries_active: 'Queries that run',
      queries_queued: 'Queries that wait for others to end',
      workers: 'Worker threads',
      tasks_running: 'Tasks that workers have or wait for them',
    };
    for (const [name, help] of Object.entries(gauges)) {
      new Gauge({
        name: `s3lect_${name}`,
        help,
        registers: [this.#registry],
        collect() {
          this.set(read()[name as keyof Gauges]);
        },
      });
    }
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  observe({ operation: name, status, error, first_byte_ms, duration_ms, received_bytes, sent_bytes, select }: RequestReport): void {
    const operation = name === '' ? 'none' : name;
    this.#requests.inc({ operation, status, code: error });
    if (first_byte_ms !== null) this.#first_byte_s.observe({ operation }, first_byte_ms / 1000);
    this.#duration_s.observe({ operation }, duration_ms / 1000);
    this.#received.inc({ operation }, received_bytes);
    this.#sent.inc({ operation }, sent_bytes);
    if (select === null) return;
    this.#scanned.inc(select.stats.scanned_bytes);
    this.#processed.inc(select.stats.processed_bytes);
    this.#returned.inc(select.stats.returned_bytes);
    this.#rows.inc(select.stats.rows);
  }

  text(): Promise<string> {
    // why: they watch the garbage collector, for which only who reads them should pay.
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.#registry });
    this.#hasDefaults = true;
    return this.#registry.metrics();
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: `s3lect_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name: `s3lect_${name}`, help, labelNames: ['operation'], buckets: buckets_s, registers: [this.#registry] });
  }
}
