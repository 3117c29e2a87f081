// What a program in JavaScript has otherwise: parquet-wasm decodes the columns of the query into Arrow, a row group at a time, and a
// loop over Arrow's vectors answers it.
import { openAsBlob, writeSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import { ParquetFile } from 'parquet-wasm';
import { RARE_WORD } from '../lineitem.mjs';

const CENTS = 2;

/** By shape of the query: the columns it reads, and what answers it of a table. A program's state is one run's. */
const PROGRAMS = {
  P2: {
    columns: ['l_orderkey', 'l_partkey', 'l_extendedprice', 'l_shipdate'],
    program: () => ({
      table([orderkey, partkey, price, shipdate], rows, emit) {
        for (let row = 0; row < rows; row++) {
          const value = price.get(row).valueOf(CENTS);
          if (value > 97000) emit(`${orderkey.get(row)},${partkey.get(row)},${value.toFixed(CENTS)},${day(shipdate.get(row))}\n`);
        }
      },
      end() {},
    }),
  },
  P4: {
    columns: ['l_shipdate', 'l_discount', 'l_quantity', 'l_extendedprice'],
    program: () => {
      let total = 0;
      const [first, last] = [Date.UTC(1994, 0, 1), Date.UTC(1995, 0, 1)];
      return {
        table([shipdate, discount, quantity, price], rows) {
          for (let row = 0; row < rows; row++) {
            const date = Number(shipdate.get(row));
            if (date < first || date >= last) continue;
            const rate = discount.get(row).valueOf(CENTS);
            if (rate >= 0.05 && rate <= 0.07 && quantity.get(row).valueOf(CENTS) < 24) total += price.get(row).valueOf(CENTS) * rate;
          }
        },
        end: (emit) => emit(`${total}\n`),
      };
    },
  },
  P5: {
    columns: ['l_comment'],
    program: () => {
      let count = 0;
      return {
        table([comment], rows) {
          for (let row = 0; row < rows; row++) if (comment.get(row).includes(RARE_WORD)) count++;
        },
        end: (emit) => emit(`${count}\n`),
      };
    },
  },
};

/** @type {import('../engine-process.mjs').OpenEngine} */
export async function open() {
  return {
    async run(query, dataset, sink) {
      const { columns, program } = PROGRAMS[query.id];
      const { table: take, end } = program();
      const emit = (text) => writeSync(sink.fd, text);
      const file = await ParquetFile.fromFile(await openAsBlob(dataset.path));
      const groups = file.metadata().numRowGroups();
      for (let group = 0; group < groups; group++) {
        const decoded = await file.read({ columns, rowGroups: [group] });
        const table = tableFromIPC(decoded.intoIPCStream());
        const vectors = columns.map((name) => table.getChild(name));
        take(vectors, table.numRows, emit);
      }
      end(emit);
      file.free();
    },
  };
}

function day(time) {
  return new Date(Number(time)).toISOString().slice(0, 10);
}
