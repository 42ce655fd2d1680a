/** A few orders as a file has them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';

/** Eight orders, of which one is a guest's and one a return, and a line that is none. */
export const SAMPLE = `${HEADER}536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,22752,"SET 7 BABUSHKA NESTING BOXES, ""LARGE""",2,12/1/2010 8:26,7.65,17850,United Kingdom
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,1,12/1/2010 8:26,2.55,17850,United Kingdom
536366,22633,HAND WARMER UNION JACK ,6,12/1/2010 8:28,1.85,,France
nonsense
536370,22728,ALARM CLOCK BAKELIKE PINK,24,12/1/2010 8:45,3.75,12583,France
C536379,D,Discount,-1,12/1/2010 9:41,27.50,17850,United Kingdom
536381,22139,RETROSPOT TEA SET CERAMIC 11 PC ,23,12/1/2010 9:41,4.25,15311,United Kingdom
536390,22941,"CHRISTMAS LIGHTS 10 REINDEER, £8",2,12/1/2010 10:19,8.50,17850,United Kingdom
`;

export const SAMPLE_IDS = [
  '536365-85123A',
  '536365-22752',
  '536365-85123A-2',
  '536366-22633',
  '536370-22728',
  'C536379-D',
  '536381-22139',
  '536390-22941',
];

export function writeFile(directory: string, name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** A file of so many orders, of invoices of three lines; every tenth invoice is a guest's. */
export function manyOrders(count: number, firstInvoice = 1): string {
  const lines = Array.from({ length: count }, (_, n) => {
    const invoice = firstInvoice + Math.floor(n / 3);
    const customer = invoice % 10 === 0 ? '' : 12_000 + (invoice % 10);
    return `${invoice},P${n % 3},MUG ${n},1,12/1/2010 8:${String(26 + (n % 30))},2.55,${customer},EIRE\n`;
  });
  return HEADER + lines.join('');
}

export function idsIn(ndjson: string | readonly string[]): string[] {
  const lines = typeof ndjson === 'string' ? ndjson.split('\n').filter(Boolean) : ndjson;
  return lines.map((line) => (JSON.parse(line) as { orderId: string }).orderId);
}
