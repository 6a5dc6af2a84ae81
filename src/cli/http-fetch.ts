import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as requestByHttp } from 'node:http'
import { request as requestByHttps } from 'node:https'
import { Readable } from 'node:stream'

/**
 * As much of `fetch` as the client uses, made of node:http. With Node's own, a server that hangs up while the reader
 * is behind throws where nobody can catch (nodejs/undici#5360, in Node 24), and a body that was cut can pass for whole.
 */
export const httpFetch: typeof globalThis.fetch = (input, { method = 'GET', headers, body, signal } = {}) => {
  const url = new URL(input instanceof Request ? input.url : input)
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const request = (url.protocol === 'https:' ? requestByHttps : requestByHttp)(url, {
      method, headers: Object.fromEntries(new Headers(headers)), ...(signal && { signal }),
    })
    request.once('response', (response) => {
      // An answer that comes before the body has gone ends the sending, and the connection once it is read.
      response.once('close', () => {
        if (!request.writableEnded) request.destroy()
      })
      resolve(toResponse(url, response))
    })
    // Behind the answer it tells nothing that the answer's own stream does not.
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : error))
    send(request, body).catch((error: unknown) => request.destroy(error instanceof Error ? error : new Error(String(error))))
  })
}

async function send(request: ClientRequest, body: BodyInit | null | undefined): Promise<void> {
  if (!(body instanceof ReadableStream)) {
    request.end(body ?? undefined)
    return
  }
  let isAnswered = false
  const answered = once(request, 'response').then(() => { isAnswered = true }, () => undefined)
  for await (const chunk of body) {
    if (isAnswered || request.destroyed) return
    if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answered])
  }
  if (!isAnswered) request.end()
}

function toResponse(url: URL, message: IncomingMessage): Response {
  const status = message.statusCode ?? 0
  const isEmpty = status === 204 || status === 205 || status === 304
  if (isEmpty) message.resume()
  const headers = Object.entries(message.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one] as [string, string]))
  const response = new Response(isEmpty ? null : Readable.toWeb(message) as ReadableStream<Uint8Array>, {
    status, statusText: message.statusMessage ?? '', headers,
  })
  Object.defineProperty(response, 'url', { value: url.href })
  return response
}
