import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server whose one file comes when the test lets it go: until then a job that reads it is there and does nothing. */
export async function heldSource(file: string): Promise<{ readonly url: string; letGo(): void }> {
  let letGo: () => void = () => undefined
  const isLetGo = new Promise<void>((resolve) => (letGo = resolve))
  const server = createServer((_, response) => void isLetGo.then(() => response.end(readFileSync(file)))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tone.wav`, letGo }
}
