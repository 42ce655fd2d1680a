/** Where the SDK finds what stands in for AWS. */

/** What the SDK takes its region, credentials and endpoint from. */
export function emulatorEnvironment(url: string): Record<string, string> {
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: url,
  };
}
