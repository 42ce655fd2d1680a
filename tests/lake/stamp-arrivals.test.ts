/** The function between the stream and the lake, called as Firehose calls it. */
import { expect, test } from 'vitest';
import { stampArrivals } from '../../src/lake/stamp-arrivals.lambda.js';

const ORDER = {
  orderId: '536365-85123A',
  invoiceNo: '536365',
  stockCode: '85123A',
  description: 'CAFÉ "HEART", WHITE',
  quantity: 6,
  orderDate: '2010-12-01T08:26:00',
  unitPrice: '2.5500',
  customerId: null,
  country: 'United Kingdom',
};
const NUMBER = '49590338271490256608559692538361571095921575989136588898';

/** https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html */
const record = (data: string, sequenceNumber = NUMBER, subsequenceNumber = 0) => ({
  recordId: `record-${sequenceNumber}-${subsequenceNumber}`,
  data: Buffer.from(data).toString('base64'),
  approximateArrivalTimestamp: 1_495_072_949_453,
  kinesisRecordMetadata: {
    shardId: 'shardId-000000000000',
    partitionKey: '4d1ad2b9-24f8-4b9d-a088-76e9947c317a',
    approximateArrivalTimestamp: 1_495_072_949_453,
    sequenceNumber,
    subsequenceNumber,
  },
});

const textOf = (data: string) => Buffer.from(data, 'base64').toString();

test('an order gets the time of its arrival and its place in the stream, and stays as it is', async () => {
  const { records } = await stampArrivals({ records: [record(JSON.stringify(ORDER))] });
  expect(records).toMatchObject([{ recordId: `record-${NUMBER}-0`, result: 'Ok' }]);
  expect(JSON.parse(textOf(records[0]?.data as string))).toEqual({
    ...ORDER,
    arrivedAt: '2017-05-18T02:02:29.453',
    sequence: expect.stringMatching(/^0*49590338271490256608559692538361571095921575989136588898$/),
  });
});

test('places compare as text in the order of the stream', async () => {
  const earlier = String(BigInt(NUMBER) - 1n);
  const shorter = '9'.repeat(55);
  const { records } = await stampArrivals({
    records: [
      record(JSON.stringify(ORDER), shorter),
      record(JSON.stringify(ORDER), earlier),
      record(JSON.stringify(ORDER)),
      record(JSON.stringify(ORDER), NUMBER, 2),
      record(JSON.stringify(ORDER), NUMBER, 10),
    ],
  });
  const places = records.map(({ data }) => JSON.parse(textOf(data)).sequence as string);
  expect([...places].sort()).toEqual(places);
  expect(new Set(places).size).toBe(5);
});

test('an order in the form of the Kinesis Agent becomes one as all others', async () => {
  const agents = {
    InvoiceNo: '536365',
    StockCode: '85123A',
    Description: 'HEART',
    Quantity: '6',
    InvoiceDate: '12/1/2010 8:26',
    UnitPrice: '2.55',
    Customer: '17850',
    Country: 'United Kingdom',
  };
  const { records } = await stampArrivals({ records: [record(JSON.stringify(agents))] });
  expect(JSON.parse(textOf(records[0]?.data as string))).toMatchObject({
    orderId: '536365-85123A',
    orderDate: '2010-12-01T08:26:00',
    customerId: 17850,
  });
});

test.each([
  ['no JSON', 'no order'],
  ['no date', JSON.stringify({ ...ORDER, orderDate: '99' })],
  // One such price would fail every question, since the view casts it.
  ['a price that the tables have no room for', JSON.stringify({ ...ORDER, unitPrice: '1e9' })],
])('a record with %s is rejected as it came, and the others are not', async (_, data) => {
  const { records } = await stampArrivals({ records: [record(data, '1'), record(JSON.stringify(ORDER), '2')] });
  expect(records.map(({ recordId, result }) => [recordId, result])).toEqual([
    ['record-1-0', 'ProcessingFailed'],
    ['record-2-0', 'Ok'],
  ]);
  expect(textOf(records[0]?.data as string)).toBe(data);
});

test('a record that comes from no stream has no place in one', async () => {
  const { kinesisRecordMetadata: _, ...direct } = record(JSON.stringify(ORDER));
  const { records } = await stampArrivals({ records: [direct] });
  expect(JSON.parse(textOf(records[0]?.data as string))).toMatchObject({
    arrivedAt: '2017-05-18T02:02:29.453',
    sequence: null,
  });
});
