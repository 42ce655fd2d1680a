/** Numbers as people read them. */

/** 541909 as `541,909`. */
export function whole(value: number): string {
  return grouped(Math.round(value).toFixed());
}

/** By the thousand. `toLocaleString` would load its tables first, which takes a fifth of a short command's time. */
function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** A decimal string by the thousand, with every digit: `-1234.50` as `-1,234.50`. */
export function decimal(text: string): string {
  const [whole = '', fraction] = text.split('.');
  return grouped(whole) + (fraction === undefined ? '' : `.${fraction}`);
}

/** `1 order`, `2 orders`. */
export function counted(value: number, thing: string): string {
  return `${whole(value)} ${thing}${value === 1 ? '' : 's'}`;
}

/** Seconds as `0.4 s`, `42 s`, `3 min 20 s` or `2 h 5 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
  return `${Math.floor(rounded / 3600)} h ${Math.floor((rounded % 3600) / 60)} min`;
}

/** A moment in ISO 8601 to the minute, as it is written there: `2010-12-01 08:26`. */
export function shortTime(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

/** A decimal string as `£9,747,747.93`: pounds, rounded to the penny half away from nought. */
export function pounds(decimal: string): string {
  return money('£', decimal);
}

/** The same in dollars and cents. */
export function dollars(decimal: string): string {
  return money('$', decimal);
}

/** A part as a decimal string, `0.0168`, as `1.68%`. */
export function percent(decimal: string): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  const digits = fraction.padEnd(4, '0');
  return `${money('', `${whole}${digits.slice(0, 2)}.${digits.slice(2)}`)}%`;
}

function money(symbol: string, decimal: string): string {
  const [, sign, digits = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  const hundredths = BigInt(digits + `${fraction}00`.slice(0, 2)) + (fraction.charAt(2) >= '5' ? 1n : 0n);
  const text = grouped((hundredths / 100n).toString());
  return `${sign && hundredths > 0n ? '-' : ''}${symbol}${text}.${(hundredths % 100n).toString().padStart(2, '0')}`;
}

/** 1234567 bytes as `1.2 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let size = value;
  while (Number(size.toFixed(1)) >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}
