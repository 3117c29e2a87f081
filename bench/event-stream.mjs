// Reads the answer of SelectObjectContent, for the runs that check it. CRCs are the tests' business, not the bench's.

/**
 * @param {Buffer} body a whole event stream
 * @returns {Buffer} the records
 * @throws {Error} on an error event, or when the stream does not end with an End event
 */
export function recordsOf(body) {
  const payloads = [];
  let last = '';
  for (let at = 0; at < body.length; ) {
    const frameBytes = body.readUInt32BE(at);
    const headersBytes = body.readUInt32BE(at + 4);
    const headers = stringHeaders(body.subarray(at + 12, at + 12 + headersBytes));
    const payload = body.subarray(at + 12 + headersBytes, at + frameBytes - 4);
    if (headers[':message-type'] === 'error') throw new Error(`${headers[':error-code']}: ${headers[':error-message']}`);
    last = headers[':event-type'];
    if (last === 'Records') payloads.push(payload);
    at += frameBytes;
  }
  if (last !== 'End') throw new Error(`the stream ends with ${last || 'nothing'}`);
  return Buffer.concat(payloads);
}

/** Select's headers are all strings. @param {Buffer} bytes @returns {Record<string, string>} */
function stringHeaders(bytes) {
  const headers = {};
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes[at];
    const valueStart = nameEnd + 3;
    const valueEnd = valueStart + bytes.readUInt16BE(nameEnd + 1);
    headers[bytes.latin1Slice(at + 1, nameEnd)] = bytes.toString('utf8', valueStart, valueEnd);
    at = valueEnd;
  }
  return headers;
}
