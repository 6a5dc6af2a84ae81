import { HubUnreachableError, readProblem } from './hub-problem.ts'
import type { Hub } from './hub.ts'
import type { BytesToSend } from './send-bytes.ts'

/** Sends a Blob from a browser, which tells how much of a request's body has gone only to an XMLHttpRequest. Throws as `ask` does. */
export function sendByXhr(hub: Hub, path: string, { method, headers, body, onProgress, signal }: BytesToSend): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const request = new XMLHttpRequest()
    const onAbort = () => request.abort()
    request.open(method, hub.url + path)
    for (const [name, value] of Object.entries({ ...hub.headers, ...headers })) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded }) => onProgress?.(loaded)
    request.onload = () => readAnswer(request).then(resolve, reject)
    request.onerror = () => reject(new HubUnreachableError(hub.url, undefined))
    request.onabort = () => reject(signal?.reason)
    request.onloadend = () => signal?.removeEventListener('abort', onAbort)
    signal?.addEventListener('abort', onAbort, { once: true })
    request.send(body)
  })
}

async function readAnswer(request: XMLHttpRequest): Promise<Response> {
  const headers = new Headers()
  for (const line of request.getAllResponseHeaders().trim().split(/[\r\n]+/)) {
    const at = line.indexOf(':')
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim())
  }
  const { status, statusText, responseText } = request
  const hasNoBody = status === 204 || status === 205 || status === 304
  const response = new Response(hasNoBody ? null : responseText, { status, statusText, headers })
  if (!response.ok) throw await readProblem(response)
  return response
}
