import type { Registry } from './registry.ts'

export interface WebhookMetrics {
  /** `outcome` is one of few words. */
  attempted(outcome: string): void
}

/** `pending` is asked when somebody reads. */
export function addWebhookMetrics(registry: Registry, { pending }: { pending: () => number }): WebhookMetrics {
  registry.add({
    name: 'reeltime_webhook_deliveries_pending', type: 'gauge', help: 'Webhook deliveries that have not succeeded yet and are tried again',
    read: () => [{ value: pending() }],
  })
  const attempts = registry.counter('reeltime_webhook_attempts_total', 'Attempts to deliver to webhooks, by what became of them')
  return { attempted: (outcome) => attempts.add({ outcome }) }
}
