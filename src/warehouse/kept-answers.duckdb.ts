/** Answers that were given before, kept for as long as the lake stays as it is. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkedText, checksumOf, withChecksum } from '../durable-file.js';
import { readNoLink } from '../no-links.js';
import type { AnswerColumn, AnswerValue, Question } from './warehouse.js';

export interface KeptAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly AnswerValue[])[];
}

export interface KeptAnswers {
  /** What the question was answered when the lake had this version. */
  find(version: string, question: Question): KeptAnswer | undefined;
  /** Keeps an answer, and forgets those of other versions. What can't be kept is not: the question can be asked again. */
  keep(version: string, question: Question, answer: KeptAnswer): void;
  /** Deletes all of them. */
  forget(): void;
}

const BYTES_MAX = 1 << 20;

/**
 * A file an answer, with the question and the version of the lake in it: its name alone need not tell two questions apart.
 * `directory` is made when it is needed.
 */
export function openKeptAnswers(directory: string): KeptAnswers {
  const prefixOf = (version: string) => `${checksumOf(version)}-`;
  const keyOf = (version: string, { sql, values }: Question) => JSON.stringify([version, sql, values]);
  const pathOf = (version: string, key: string) => join(directory, `${prefixOf(version)}${checksumOf(key)}.txt`);

  return {
    find(version, question) {
      const key = keyOf(version, question);
      try {
        const [kept, answer = ''] = checkedText(readNoLink(pathOf(version, key)))?.split('\n', 2) ?? [];
        return kept === key ? (JSON.parse(answer) as KeptAnswer) : undefined;
      } catch {
        return undefined;
      }
    },
    keep(version, question, answer) {
      const [key, body] = [keyOf(version, question), JSON.stringify(answer)];
      if (body.length > BYTES_MAX) return;
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        for (const name of readdirSync(directory)) {
          if (!name.startsWith(prefixOf(version))) rmSync(join(directory, name), { force: true });
        }
        const path = pathOf(version, key);
        // Its name can be foreseen: what is there, such as a link, is not written through.
        rmSync(path, { force: true });
        // Nobody waits for the disk: what is not whole has another checksum, and is asked again.
        writeFileSync(path, withChecksum(`${key}\n${body}`), { flag: 'wx', mode: 0o600 });
      } catch {
        // A full disk, or a directory of somebody else.
      }
    },
    forget: () => rmSync(directory, { recursive: true, force: true }),
  };
}
