import { HubUnreachableError, readProblem } from './hub-problem.ts'
import type { Hub } from './hub.ts'
import type { Upload, UploadOptions } from './upload.ts'

/** Sends a Blob from a browser, which tells how much of a request's body has gone only to an XMLHttpRequest. */
export function uploadByXhr(
  hub: Hub, path: string, body: Blob, { onProgress, signal }: UploadOptions,
): Promise<Upload> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const request = new XMLHttpRequest()
    const onAbort = () => request.abort()
    request.open('PUT', hub.url + path)
    for (const [name, value] of Object.entries(hub.headers)) request.setRequestHeader(name, value)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded }) => onProgress?.(loaded)
    request.onload = () => readAnswer(request).then(resolve, reject)
    request.onerror = () => reject(new HubUnreachableError(hub.url, undefined))
    request.onabort = () => reject(signal?.reason)
    request.onloadend = () => signal?.removeEventListener('abort', onAbort)
    signal?.addEventListener('abort', onAbort, { once: true })
    onProgress?.(0)
    request.send(body)
  })
}

async function readAnswer(request: XMLHttpRequest): Promise<Upload> {
  if (request.status >= 200 && request.status < 300) return JSON.parse(request.responseText) as Upload
  const headers = new Headers()
  for (const name of ['content-type', 'retry-after']) {
    const value = request.getResponseHeader(name)
    if (value !== null) headers.set(name, value)
  }
  throw await readProblem(new Response(request.responseText, { status: request.status, statusText: request.statusText, headers }))
}
