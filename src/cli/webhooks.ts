import type { HubWebhook } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS, theOnly, wholeNumber } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { openHub } from './open-hub.ts'
import { jsonLine, plainText } from './plain-text.ts'
import { interruptible, type Shell, UsageError, write } from './shell.ts'

export const webhooks = defineCommand({
  name: 'webhooks',
  summary: 'add, list, rotate, enable and remove the webhooks of a hub',
  usage: ['add URL [--events job.completed,…] [--secret whsec_…]', 'list', 'rotate ID [--keep SECONDS] [--secret whsec_…]', 'enable ID', 'remove ID'],
  options: {
    events: { type: 'string', value: 'EVENT,…', help: 'only these; all but job.artifact' },
    secret: { type: 'string', value: 'SECRET', help: 'whsec_ and 24 to 64 bytes in base64; made by the hub unless given' },
    keep: { type: 'string', value: 'SECONDS', help: 'how long the secret before signs too; 86400. With 0 it and all before it end at once' },
    ...HUB_OPTIONS,
  },
  notes: [
    'A secret is printed once, when it is made. While it is rotated each delivery has a signature of the new one and of the old one, so that a receiver can change from one to the other at any time.',
    'Where the hub has keys, this wants one with the scope admin.',
  ],
  run: ({ shell, values, positionals: [action, ...words] }) => interruptible(shell, async (signal) => {
    const hub = openHub(shell, values).webhooks
    const { secret, json = false } = values
    if (action === 'list' && words.length === 0) {
      const known = await hub.list({ signal })
      if (!json) await write(shell.stdout, row(['ID', 'MADE', 'SIGNED', 'URL']))
      for (const webhook of known) await write(shell.stdout, json ? jsonLine(webhook) : row(cells(webhook)))
      return EXIT.done
    }
    if (action === 'add') {
      const events = values.events?.split(',')
      return tell(shell, await hub.add({ url: theOnly(words, 'URL'), ...(events && { events }), ...(secret !== undefined && { secret }) }, { signal }), { json })
    }
    if (action === 'rotate') {
      return tell(shell, await hub.rotate(theOnly(words, 'ID'), { secret, keepSeconds: wholeNumber(values.keep, 'keep'), signal }), { json })
    }
    if (action === 'enable') {
      const enabled = await hub.enable(theOnly(words, 'ID'), { signal })
      await write(shell.stdout, json ? jsonLine(enabled) : row(cells(enabled)))
      return EXIT.done
    }
    if (action === 'remove') {
      await hub.remove(theOnly(words, 'ID'), { signal })
      return EXIT.done
    }
    throw new UsageError(action === undefined ? 'add, list, rotate, enable or remove is missing' : `there is no "webhooks ${[action, ...words].join(' ')}"; there is add URL, list, rotate ID, enable ID and remove ID`)
  }),
})

async function tell(shell: Shell, webhook: HubWebhook & { readonly secret: string }, { json }: { readonly json: boolean }): Promise<ExitCode> {
  if (json) await write(shell.stdout, jsonLine(webhook))
  else {
    await write(shell.stdout, `${plainText(webhook.secret)}\n`)
    await write(shell.stderr, `This is the secret of the webhook ${plainText(webhook.id)}; it is shown this once.${signsToo(webhook)}\n`)
  }
  return EXIT.done
}

function signsToo({ earlier_secrets: [last] = [] }: HubWebhook): string {
  return last ? ` The one before signs too until ${new Date(last.until).toISOString()}.` : ''
}

function cells({ id, url, created_at: made, signed, earlier_secrets: earlier = [], disabled }: HubWebhook): readonly string[] {
  const signatures = signed ? earlier.length + 1 : 0
  return [id, new Date(made).toISOString().slice(0, 10), signatures > 1 ? `${signatures} secrets` : signed ? 'yes' : 'no', `${url}${disabled === undefined ? '' : `  disabled: ${disabled}`}`]
}

function row([id = '', made = '', signed = '', url = '']: readonly string[]): string {
  return `${plainText(id).padEnd(14)}${made.padEnd(12)}${signed.padEnd(11)}${plainText(url)}\n`
}
