/** Every setting: what it is about, and which values are valid. */

export interface Setting {
  readonly about: string;
  /** Why a value is not valid, or undefined if it is. */
  readonly whyNot?: (value: string) => string | undefined;
}

/** Every key of `.alakazamrc`, which is also the flag's name and, as `ALAKAZAM_KEY`, the environment variable's. */
export const SETTINGS = {
  target: { about: 'where the pipeline runs' },
  home: { about: 'directory that holds the embedded pipeline' },
  stack: {
    about: 'name of the stack on AWS',
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    whyNot: (value) =>
      /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(value)
        ? undefined
        : 'letters, digits and hyphens, a letter first, at most 128',
  },
  cluster: {
    about: 'cluster of EMR that train adds a step to, in place of making one',
    whyNot: (value) => (/^j-[A-Z0-9]{1,64}$/.test(value) ? undefined : 'the id of a cluster, such as j-2AXXXXXXGAPLF'),
  },
  source: { about: 'file that generate reads when no --source is given' },
  seed: {
    about: 'seed of the built-in shop',
    whyNot: (value) => (/^\d{1,9}$/.test(value) ? undefined : 'a whole number from 0 to 999999999'),
  },
} as const satisfies Record<string, Setting>;

export type Key = keyof typeof SETTINGS;
export const KEYS = Object.keys(SETTINGS) as Key[];
