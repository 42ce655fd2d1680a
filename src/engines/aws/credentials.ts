/** Finds AWS credentials where every AWS tool does: in variables, a profile, a container, or the EC2 instance. */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { loadSharedConfigFiles } from '@smithy/core/config';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { AlakazamError } from '../../errors.js';
import type { Environment } from './session.js';

/** A logger that writes nothing: the SDK ignores its own NoOpLogger here and falls back to the console. */
const silent = () => undefined;
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/**
 * The SDK's own chain (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html), except for a profile
 * that fails: the SDK would then ask the instance metadata service, and lose the error of the profile.
 */
export function signIn(environment: Environment, requestHandler: NodeHttpHandler) {
  const isContainer =
    environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] ?? environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  const options = {
    logger: SILENT,
    // This handler limits the time of requests to portals and token services too. By default such requests have no limit.
    clientConfig: { requestHandler },
    // A laptop has no instance metadata service. The search for one makes two requests, of at most a second each.
    ...(isContainer ? { timeout: 800, maxRetries: 1 } : { timeout: 1000, maxRetries: 0 }),
  };
  const chain = defaultProvider(options);
  let hasSignedIn = false;
  let failure: unknown;

  async function credentials(caller: Parameters<typeof chain>[0]) {
    const hasKeys = environment['AWS_ACCESS_KEY_ID'] && environment['AWS_SECRET_ACCESS_KEY'];
    if (hasKeys && !environment['AWS_PROFILE']) return chain(caller);
    const missing = await whyNoProfile(environment);
    if (missing) throw missing;
    const { fromIni } = await import('@aws-sdk/credential-provider-ini');
    try {
      return await fromIni(options)(caller);
    } catch (error) {
      // A profile may hold a region and no credentials.
      if (!/^Could not resolve credentials using profile/.test((error as Error).message)) throw error;
    }
    return chain(caller);
  }

  return async (caller: Parameters<typeof chain>[0]) => {
    // If the first look-up found no credentials, a second one a moment later would find none either.
    if (failure) throw failure;
    try {
      const found = await credentials(caller);
      hasSignedIn = true;
      return found;
    } catch (error) {
      if (!hasSignedIn) failure = error;
      throw error;
    }
  };
}

/** The error if AWS_PROFILE names a profile that does not exist. */
export async function whyNoProfile(environment: Environment): Promise<AlakazamError | undefined> {
  const name = environment['AWS_PROFILE'];
  if (!name) return undefined;
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const names = [...new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)])];
  if (names.includes(name)) return undefined;
  // The SDK returns other sections under their kind, a full stop, and their name: `sso-session.work`.
  const profiles = names.filter((of) => !/^(sso-session|services)\./.test(of));
  const valid = profiles.length > 0 ? `valid: ${profiles.join(', ')}` : 'there is none';
  return new AlakazamError('access', `AWS_PROFILE is ${JSON.stringify(name)}, which is no profile; ${valid}`, {
    hint: `unset AWS_PROFILE, or aws configure --profile ${name}`,
  });
}
