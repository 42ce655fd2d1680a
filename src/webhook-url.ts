/** Which URLs messages may be posted to, and how such a URL is shown without the secrets that it may hold. */

const VALID = 'a URL with https, or with http on this machine alone, such as https://example.org/alarm';

/** Why a URL is not valid, or undefined if it is. */
export function whyNoWebhook(typed: string): string | undefined {
  if (!URL.canParse(typed)) return VALID;
  const { protocol, hostname, username, password } = new URL(typed);
  if (username || password) {
    return 'a URL without user and password, because settings are shown and logged; ALAKAZAM_ALARM_SECRET signs what is sent';
  }
  // URL writes every address of this network in four decimal numbers: http://127.1 too.
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback) ? undefined : VALID;
}

/** Scheme and host alone: services such as Slack give each customer a path that is a secret. Of text that is no URL as well. */
export function shownUrl(typed: string): string {
  const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z\d+.-]*:\/\/)?([^/\\?#@]*)(.*)$/is.exec(typed) ?? [];
  if (rest.includes('@')) return `${scheme}…`;
  return `${scheme}${host}${rest.length > 1 ? '/…' : rest}`;
}
