/** Signs in to AWS from where every AWS tool does: the variables, a profile, a container, or the machine it runs on. */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { loadSharedConfigFiles } from '@smithy/core/config';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { AlakazamError } from '../../errors.js';
import type { Environment } from './session.js';

/** The SDK ignores its own NoOpLogger here and falls back to the console, so we bring one. */
const silent = () => undefined;
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/**
 * The SDK's own chain (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html), but for a profile that
 * fails: the SDK goes on then to ask the machine, and forgets why the profile did.
 */
export function signIn(environment: Environment, requestHandler: NodeHttpHandler) {
  const isContainer =
    environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] ?? environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  const options = {
    logger: SILENT,
    // Portals and token services, too, are asked with its time limits: by themselves they have none.
    clientConfig: { requestHandler },
    // A laptop has no instance metadata to ask: two requests, of a second each, are what looking for it may take.
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
      // A profile may name no more than a region.
      if (!/^Could not resolve credentials using profile/.test((error as Error).message)) throw error;
    }
    return chain(caller);
  }

  return async (caller: Parameters<typeof chain>[0]) => {
    // Where there were none at first there are none a moment later.
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

/** The error for a profile that was named and isn't there. */
export async function whyNoProfile(environment: Environment): Promise<AlakazamError | undefined> {
  const name = environment['AWS_PROFILE'];
  if (!name) return undefined;
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const names = [...new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)])];
  if (names.includes(name)) return undefined;
  // Sections of other kinds are read as their kind, a full stop, and their name.
  const profiles = names.filter((of) => !/^(sso-session|services)\./.test(of));
  const valid = profiles.length > 0 ? `valid: ${profiles.join(', ')}` : 'there is none';
  return new AlakazamError('access', `AWS_PROFILE is ${JSON.stringify(name)}, which is no profile; ${valid}`, {
    hint: `unset AWS_PROFILE, or aws configure --profile ${name}`,
  });
}
