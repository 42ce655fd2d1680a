/** What the resources of the stack are called: its outputs say, or an environment variable. */
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { DeployedStack, Resources } from './resource-names.js';

export function findResources(session: AwsSession): Resources {
  let described: Promise<DeployedStack> | undefined;

  function stack(): Promise<DeployedStack> {
    described ??= import('./deployed.aws.js').then(({ describeStack }) => describeStack(session));
    return described;
  }

  return {
    stack,
    async nameOf({ output, variable }) {
      const given = session.environment[variable];
      if (given) return given;
      const { status, outputs } = await stack();
      const name = outputs.get(output);
      if (name) return name;
      throw new AlakazamError('failed', `stack ${JSON.stringify(session.stack)} (${status}) has no output ${output}`, {
        hint: 'alakazam deploy brings it up to date',
      });
    },
  };
}
