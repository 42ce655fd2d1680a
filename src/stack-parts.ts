/** What each stage has in the stack, in the order in which the template, `status` and the price list show the stages. */
import { lakeParts } from './lake/parts.js';
import { orderHistoryParts } from './order-history/parts.js';
import { recommendationParts } from './product-recommendations/parts.js';
import { rateAlarmParts } from './rate-alarm/parts.js';
import type { StackParts } from './stack/parts.js';
import { streamParts } from './stream/parts.js';
import { warehouseParts } from './warehouse/parts.js';

export const PARTS: readonly StackParts[] = [
  streamParts,
  orderHistoryParts,
  lakeParts,
  warehouseParts,
  recommendationParts,
  rateAlarmParts,
];
