import { HubError } from '../errors.ts'

/**
 * What an `Upload-Metadata` header says: keys, each with a value in Base64 or none, separated by commas
 * (https://tus.io/protocols/resumable-upload#upload-metadata). Throws a HubError with `invalid_input`.
 */
export function parseUploadMetadata(header: string): ReadonlyMap<string, string> {
  const pairs = header.split(',').map((pair) => pair.trim()).filter((pair) => pair !== '')
  return new Map(pairs.map((pair) => {
    const [, key = '', value = ''] = PAIR.exec(pair) ?? []
    if (key === '') throw unreadable()
    return [key, new TextDecoder().decode(Buffer.from(value, 'base64'))]
  }))
}

const PAIR = /^([!-+\--~]+)(?: +([A-Za-z0-9+/]*={0,2}))?$/

function unreadable(): HubError {
  return new HubError('invalid_input', 'The Upload-Metadata cannot be read', {
    hint: 'It takes keys with values in Base64, for example "filename Y2xpcC5tcDQ=,filetype dmlkZW8vbXA0"',
    errors: [{ path: 'Upload-Metadata', message: 'must be pairs of a key and a Base64 value' }],
  })
}
