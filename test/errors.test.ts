/** The texts of errors: what is filled in, left out, and how numbers are written. */
import t from 'tap';
import { messageOf, SelectError } from '../src/base/errors.ts';

t.test('sizes and offsets are grouped as Amazon writes them, places in the query are not', (t) => {
  t.match(messageOf({ code: 'ParseSelectMissingFrom', params: { line: 1200, column: 1030 } }), /at line 1200, column 1030\.$/);
  t.match(messageOf({ code: 'OverMaxRecordSize', params: { bytes_max: 1_048_576, offset: 8192 } }), /1,048,576 near byte 8,192\.$/);
  t.end();
});

t.test('a segment without its parameter is left out', (t) => {
  t.equal(new SelectError('CSVParsingError').message, 'The CSV cannot be read.');
  t.equal(new SelectError('LikeInvalidInputs', { type: 'INT' }).message, 'LIKE takes text, got INT.');
  t.end();
});
