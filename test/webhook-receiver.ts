import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { onTestFinished, vi } from 'vitest'

export const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`

export interface Received {
  readonly id: string
  readonly timestamp: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly message: { readonly type: string; readonly timestamp: string; readonly data: Record<string, any> }
}

export interface Receiver {
  readonly url: string
  readonly received: readonly Received[]
  /** How the next ones are answered: with a status, or otherwise. */
  answer: (response: ServerResponse, received: Received) => void
  /** As soon as so many have come. */
  gets(count: number): Promise<readonly Received[]>
}

/** A server that takes webhooks and answers 204 unless told otherwise. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => void text(request).then((body) => {
    const headers = request.headers as Record<string, string>
    const one = { id: headers['webhook-id']!, timestamp: Number(headers['webhook-timestamp']), headers, body, message: JSON.parse(body) }
    received.push(one)
    receiver.answer(response, one)
  }, () => undefined)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received, answer: answering(204),
    async gets(count) {
      await vi.waitFor(() => {
        if (received.length < count) throw new Error(`${received.length} of ${count} have come`)
      }, { timeout: 30_000, interval: 10 })
      return received
    },
  }
  return receiver
}

export function answering(status: number, headers: Readonly<Record<string, string>> = {}): Receiver['answer'] {
  return (response) => void response.writeHead(status, headers).end()
}

/** Throws where the reference library does not take it for ours. */
export function verify({ body, headers }: Received, secret = SECRET): void {
  new Webhook(secret).verify(body, headers)
}
