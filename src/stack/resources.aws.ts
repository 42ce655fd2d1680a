/** Names of the stack's resources: from its outputs, or from environment variables. */
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { Deployed } from './arns.js';
import type { StackModel } from './parts.js';
import type { DeployedStack, Resources } from './resource-names.js';
import { referredTo } from './template.js';

export function findResources(session: AwsSession): Resources {
  let described: Promise<DeployedStack> | undefined;

  function stack(): Promise<DeployedStack> {
    described ??= import('./deployed.aws.js').then(({ describeStack }) => describeStack(session));
    return described;
  }

  const outputs = () =>
    stack().then(
      (found) => found.outputs,
      () => new Map<string, string>(),
    );

  async function deployed({ template, parts }: StackModel): Promise<Deployed> {
    const known = await outputs();
    const listed = await import('./deployed.aws.js')
      .then(({ listResources }) => listResources(session))
      .catch(() => []);
    const ids = new Map(listed.filter(({ id }) => id !== '').map(({ name, id }) => [name, id]));
    for (const { output, variable } of parts.flatMap(({ names = [] }) => names)) {
      const resource = referredTo(template.Outputs?.[output]?.Value);
      const name = session.environment[variable] || known.get(output);
      if (resource !== undefined && name) ids.set(resource, name);
    }
    return { ids, outputs: known };
  }

  return {
    stack,
    outputs,
    deployed,
    async nameOf({ output, variable }, command = 'alakazam deploy brings it up to date') {
      const given = session.environment[variable];
      if (given) return given;
      const { status, outputs } = await stack();
      const name = outputs.get(output);
      if (name) return name;
      throw new AlakazamError('failed', `stack ${JSON.stringify(session.stack)} (${status}) has no output ${output}`, {
        hint: command,
      });
    },
  };
}
