/** Who is told, as the settings say. */
import { commandNotifier } from './notifier.command.js';
import type { Notifier } from './notifier.js';
import { webhookNotifier } from './notifier.webhook.js';
import type { ToldSettings } from './read-settings.js';

export function notifiersOf({ webhook, command }: Pick<ToldSettings, 'webhook' | 'command'>): readonly Notifier[] {
  return [
    ...(webhook ? [webhookNotifier(webhook)] : []),
    ...(command === undefined ? [] : [commandNotifier({ command })]),
  ];
}
