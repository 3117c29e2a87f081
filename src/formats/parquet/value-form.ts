/** How the values of a leaf are loaded: what they become, and the kernel that takes them from where a page stores them. */
import type { ParquetKernels } from '../../kernels/parquet-kernels.ts';
import type { LoadedColumn } from '../scan.ts';
import type { Leaf, LogicalType, TimeUnit } from './metadata.ts';

/** Takes values of a fixed width. Answers how many of them have no loaded form. */
export type TakeValues = (
  kernels: ParquetKernels,
  values: number,
  positions: number,
  shift: number,
  rows: number,
  count: number,
  into: number,
) => number;

/** Which values, and where they go: see the common parameters of `ParquetKernels`. */
export interface Items {
  readonly positions: number;
  readonly shift: number;
  readonly rows: number;
  readonly count: number;
}

/** What is made of values once they are taken: fields over bytes to decimals, and what SQL has as text to its text. */
export type Finish = 'none' | 'decimal' | 'uuid' | 'time';

export interface ValueForm extends Pick<LoadedColumn, 'kind' | 'scale' | 'wide' | 'unit' | 'utc'> {
  /** Bytes of a value as stored; 0: a bit, -1: a byte array. */
  readonly stored_bytes: number;
  /** Null for byte arrays, whose fields are taken. */
  readonly take: TakeValues | null;
  readonly finish: Finish;
  /** Of a time. */
  readonly time_unit: TimeUnit;
}

export function valueForm(leaf: Leaf): ValueForm {
  let form = forms.get(leaf);
  if (form === undefined) {
    form = { ...PLAIN, ...meaning(leaf), ...storage(leaf) };
    forms.set(leaf, form);
  }
  return form;
}

/** Each row group asks for those of its columns. */
const forms = new WeakMap<Leaf, ValueForm>();

const PLAIN = {
  kind: 'int',
  scale: 0,
  wide: false,
  unit: 'days',
  utc: false,
  finish: 'none',
  time_unit: 'millis',
} as const satisfies Partial<ValueForm>;

/** Decimal digits of every i64. */
const INT64_DIGITS = 18;

type Meaning = Partial<Omit<ValueForm, 'stored_bytes' | 'take'>>;

function meaning({ physical, logical }: Leaf): Meaning {
  switch (logical.kind) {
    case 'none':
      return { kind: physical === 'BOOLEAN' ? 'bool' : physical === 'FLOAT' || physical === 'DOUBLE' ? 'float' : 'int' };
    case 'int':
      return isUint64(logical) ? { kind: 'decimal', wide: true } : {};
    case 'float16':
      return { kind: 'float' };
    case 'decimal':
      return {
        kind: 'decimal',
        scale: logical.scale,
        wide: isWide(logical) && physical !== 'INT32' && physical !== 'INT64',
        finish: physical === 'BYTE_ARRAY' ? 'decimal' : 'none',
      };
    case 'date':
      return { kind: 'timestamp' };
    case 'timestamp':
      return { kind: 'timestamp', unit: logical.unit, utc: logical.utc };
    case 'uuid':
      return { kind: 'string', finish: 'uuid' };
    case 'time':
      return { kind: 'string', finish: 'time', time_unit: logical.unit };
    default:
      return { kind: 'string' };
  }
}

/** Whether a decimal may need more than 64 bits. */
function isWide({ precision }: Extract<LogicalType, { kind: 'decimal' }>): boolean {
  return precision > INT64_DIGITS;
}

function isUint64(logical: LogicalType): boolean {
  return logical.kind === 'int' && logical.bits === 64 && !logical.signed;
}

function storage({ physical, logical, width }: Leaf): Pick<ValueForm, 'stored_bytes' | 'take'> {
  switch (physical) {
    case 'BOOLEAN':
      return { stored_bytes: 0, take: exact('takeBits') };
    case 'INT32':
      return { stored_bytes: 4, take: exact(logical.kind === 'int' && !logical.signed ? 'takeUint32' : 'takeInt32') };
    case 'INT64':
      return { stored_bytes: 8, take: exact(isUint64(logical) ? 'takeUint64' : 'takeInt64') };
    case 'INT96':
      return {
        stored_bytes: 12,
        take: (kernels, values, positions, shift, rows, count, into) => kernels.takeInt96(values, positions, shift, rows, count, 1, into),
      };
    case 'FLOAT':
      return { stored_bytes: 4, take: exact('takeFloat32') };
    case 'DOUBLE':
      return { stored_bytes: 8, take: exact('takeInt64') };
    case 'BYTE_ARRAY':
      return { stored_bytes: -1, take: null };
    case 'FIXED_LEN_BYTE_ARRAY':
      if (logical.kind === 'float16') return { stored_bytes: width, take: exact('takeFloat16') };
      return { stored_bytes: width, take: logical.kind === 'decimal' ? takeDecimals(width, isWide(logical)) : takeFields(width) };
  }
}

/** Takes that have a loaded form for every value. */
function exact(name: 'takeBits' | 'takeInt32' | 'takeUint32' | 'takeInt64' | 'takeUint64' | 'takeFloat32' | 'takeFloat16'): TakeValues {
  return (kernels, values, positions, shift, rows, count, into) => {
    kernels[name](values, positions, shift, rows, count, into);
    return 0;
  };
}

function takeDecimals(width: number, wide: boolean): TakeValues {
  const name = wide ? 'takeBig128' : 'takeBig64';
  return (kernels, values, positions, shift, rows, count, into) => kernels[name](values, width, positions, shift, rows, count, into);
}

function takeFields(width: number): TakeValues {
  return (kernels, values, positions, shift, rows, count, into) => {
    kernels.takeFixed(values, width, positions, shift, rows, count, into);
    return 0;
  };
}
