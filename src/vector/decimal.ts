/**
 * Decimal numbers of at most 38 significant digits, rounded half to even. A value keeps its scale (`10.00` stays `10.00`);
 * the scale of a result and its text follow Java's BigDecimal, which the reference implementation computes with.
 */

const digits_max = 38;
const mantissa_limit = 10n ** 38n;
const scale_max = 2 ** 31 - 1;
/** Operands further apart than this only meet through rounding: their exact sum is never built. */
const aligned_digits_max = 200;

/** Operations answer null where the exponent leaves 32 bits. */
export class Decimal {
  /** The value is `mantissa * 10 ** -scale`. */
  readonly mantissa: bigint;
  readonly scale: number;

  /** For mantissas of at most 38 digits; `fromBigint` and `parse` round. */
  constructor(mantissa: bigint, scale: number) {
    this.mantissa = mantissa;
    this.scale = scale;
  }

  /** Reads `[+-]digits[.digits][e[+-]digits]`; null for other text and for exponents beyond 32 bits. */
  static parse(text: string): Decimal | null {
    const match = decimal_grammar.exec(text);
    if (match === null) return null;
    const [, sign, whole = '', fraction = match[4] ?? '', , exponent = '0'] = match;
    const digits = (whole + fraction).replace(leading_zeros, '');
    // why: BigInt() of a megabyte of digits is slow; behind the last digit that can count, only "is there more" matters.
    const kept = digits.slice(0, digits_max + 1);
    const more = /[1-9]/.test(digits.slice(digits_max + 1));
    const mantissa = BigInt(more ? `${kept}1` : kept === '' ? '0' : kept);
    const dropped = digits.length - kept.length - (more ? 1 : 0);
    return rounded(sign === '-' ? -mantissa : mantissa, fraction.length - Number(exponent) - dropped);
  }

  static fromBigint(value: bigint): Decimal {
    return rounded(value, 0) as Decimal;
  }

  /** The exact binary value, rounded to 38 digits; null for NaN and the infinities. */
  static fromNumber(value: number): Decimal | null {
    if (!Number.isFinite(value)) return null;
    if (Number.isSafeInteger(value)) return new Decimal(BigInt(value), 0);
    let fraction = value;
    let halvings = 0;
    while (!Number.isInteger(fraction)) {
      // why: doubling is exact, subnormals included, as long as there is a fraction.
      fraction *= 2;
      halvings++;
    }
    return rounded(BigInt(fraction) * 5n ** BigInt(halvings), halvings);
  }

  /** -1, 0 or 1, by value: `1.0` equals `1.00`. */
  compare(other: Decimal): number {
    const sign = signOf(this.mantissa);
    const otherSign = signOf(other.mantissa);
    if (sign !== otherSign || sign === 0) return Math.sign(sign - otherSign);
    if (this.scale !== other.scale) {
      const magnitude = this.exponent() - other.exponent();
      if (magnitude !== 0) return magnitude > 0 ? sign : -sign;
    }
    const scale = Math.max(this.scale, other.scale);
    return signOf(this.mantissa * power(scale - this.scale) - other.mantissa * power(scale - other.scale));
  }

  add(other: Decimal): Decimal | null {
    if (this.scale === other.scale) return rounded(this.mantissa + other.mantissa, this.scale);
    const [coarse, fine] = this.scale < other.scale ? [this, other] : [other, this];
    const gap = fine.scale - coarse.scale;
    if (gap <= aligned_digits_max) return rounded(coarse.mantissa * power(gap) + fine.mantissa, fine.scale);
    if (coarse.mantissa === 0n) return fine;
    const guard = 2 * digits_max;
    return rounded(coarse.mantissa * power(guard) + BigInt(signOf(fine.mantissa)), coarse.scale + guard);
  }

  sub(other: Decimal): Decimal | null {
    return this.add(other.negate());
  }

  mul(other: Decimal): Decimal | null {
    return rounded(this.mantissa * other.mantissa, this.scale + other.scale);
  }

  /** The scale of an exact quotient is as near to `this.scale - divisor.scale` as can be. The divisor is not zero. */
  div(divisor: Decimal): Decimal | null {
    const preferred = this.scale - divisor.scale;
    if (this.mantissa === 0n) return rounded(0n, preferred);
    const extra = digits_max + 1 + digitsOf(divisor.mantissa) - digitsOf(this.mantissa);
    const dividend = this.mantissa * power(extra);
    const quotient = dividend / divisor.mantissa;
    if (quotient * divisor.mantissa === dividend) return stripped(quotient, preferred + extra, preferred);
    const sign = this.mantissa < 0n === divisor.mantissa < 0n ? 1n : -1n;
    return rounded(quotient * 10n + sign, preferred + extra + 1);
  }

  /** The remainder, with the sign of the dividend; null also where the quotient has more than 38 digits. The divisor is not zero. */
  rem(divisor: Decimal): Decimal | null {
    if (this.mantissa === 0n || this.exponent() < divisor.exponent()) return this;
    if (this.exponent() - divisor.exponent() > digits_max) return null;
    const scale = Math.max(this.scale, divisor.scale);
    const dividend = this.mantissa * power(scale - this.scale);
    const by = divisor.mantissa * power(scale - divisor.scale);
    const quotient = dividend / by;
    if (digitsOf(quotient) > digits_max) return null;
    const remainder = dividend - quotient * by;
    const zeros = Math.min(quotient === 0n ? Infinity : trailingZeros(quotient), Math.max(0, divisor.scale - this.scale));
    const resultScale = Math.max(this.scale, divisor.scale - zeros);
    return rounded(remainder / power(scale - resultScale), resultScale);
  }

  negate(): Decimal {
    return new Decimal(-this.mantissa, this.scale);
  }

  isZero(): boolean {
    return this.mantissa === 0n;
  }

  /** The integer part; null where it is beyond 64 bits. */
  toBigint(): bigint | null {
    if (this.mantissa === 0n || this.exponent() < 0) return 0n;
    if (this.exponent() > 19) return null;
    const value = this.scale > 0 ? this.mantissa / power(this.scale) : this.mantissa * power(-this.scale);
    return BigInt.asIntN(64, value) === value ? value : null;
  }

  /** The nearest double. */
  toNumber(): number {
    const mantissa = Number(this.mantissa);
    // why: both sides of this division are exact, so its one rounding is the right one.
    if (Number.isSafeInteger(mantissa) && this.scale >= 0 && this.scale <= 22) return mantissa / 10 ** this.scale;
    return Number(`${this.mantissa}e${-this.scale}`);
  }

  /** BigDecimal's text: plain, or with an exponent where the scale is negative or the value below 1E-6. */
  toText(): string {
    const sign = this.mantissa < 0n ? '-' : '';
    const digits = (this.mantissa < 0n ? -this.mantissa : this.mantissa).toString();
    if (this.scale === 0) return sign + digits;
    const exponent = digits.length - 1 - this.scale;
    if (this.scale > 0 && exponent >= -6) {
      const padded = digits.padStart(this.scale + 1, '0');
      return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`;
    }
    const point = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${point}E${exponent < 0 ? '' : '+'}${exponent}`;
  }

  /** The power of ten of the first digit. */
  private exponent(): number {
    return digitsOf(this.mantissa) - 1 - this.scale;
  }
}

/** Sign, digits before and after the point, or digits after a leading point, exponent. */
const decimal_grammar = /^([+-])?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/;
const leading_zeros = /^0+/;
const powers = Array.from({ length: 256 }, (_, exponent) => 10n ** BigInt(exponent));

function power(exponent: number): bigint {
  return powers[exponent] ?? 10n ** BigInt(exponent);
}

function rounded(exact: bigint, exactScale: number): Decimal | null {
  let mantissa = exact;
  let scale = exactScale;
  if (mantissa >= mantissa_limit || mantissa <= -mantissa_limit) {
    const dropped = digitsOf(exact) - digits_max;
    const unit = power(dropped);
    mantissa = exact / unit;
    const rest = exact - mantissa * unit;
    const twice = rest < 0n ? -2n * rest : 2n * rest;
    if (twice > unit || (twice === unit && (mantissa & 1n) === 1n)) mantissa += exact < 0n ? -1n : 1n;
    scale -= dropped;
    if (mantissa === mantissa_limit || mantissa === -mantissa_limit) {
      mantissa /= 10n;
      scale--;
    }
  }
  return Math.abs(scale) <= scale_max ? new Decimal(mantissa, scale) : null;
}

/** Takes trailing zeros off while the scale is above `preferred`. */
function stripped(exact: bigint, exactScale: number, preferred: number): Decimal | null {
  let mantissa = exact;
  let scale = exactScale;
  while (scale > preferred && mantissa % 10n === 0n) {
    mantissa /= 10n;
    scale--;
  }
  return rounded(mantissa, scale);
}

function trailingZeros(value: bigint): number {
  let zeros = 0;
  for (let rest = value; rest % 10n === 0n; rest /= 10n) zeros++;
  return zeros;
}

function digitsOf(value: bigint): number {
  return (value < 0n ? -value : value).toString().length;
}

function signOf(value: bigint): -1 | 0 | 1 {
  return value > 0n ? 1 : value < 0n ? -1 : 0;
}
