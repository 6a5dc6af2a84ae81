/** How a file made from strangers' input may be called when it is sent, and whether a browser may show it in place. */
export interface ServedContentType {
  readonly contentType: string
  readonly disposition: 'inline' | 'attachment'
}

/**
 * Lets a type pass only if it is in a closed list; whatever could run as a page (HTML, SVG, XML, scripts) becomes
 * `application/octet-stream`. Sound, moving pictures and pixel images may be shown in place.
 */
export function servedContentType(contentType: string): ServedContentType {
  const essence = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (INLINE_TYPES.has(essence)) return { contentType: essence, disposition: 'inline' }
  return { contentType: ATTACHMENT_TYPES.get(essence) ?? 'application/octet-stream', disposition: 'attachment' }
}

const INLINE_TYPES: ReadonlySet<string> = new Set([
  'audio/aac', 'audio/ac3', 'audio/aiff', 'audio/basic', 'audio/eac3', 'audio/flac', 'audio/mp4', 'audio/mpeg', 'audio/ogg',
  'audio/opus', 'audio/wav', 'audio/webm', 'audio/x-aiff', 'audio/x-caf', 'audio/x-dfpwm', 'audio/x-flac', 'audio/x-m4a',
  'audio/x-matroska', 'audio/x-ms-wma', 'audio/x-tta', 'audio/x-wav', 'audio/x-wavpack',
  'video/3gpp', 'video/mp2t', 'video/mp4', 'video/mpeg', 'video/ogg', 'video/quicktime', 'video/webm', 'video/x-flv',
  'video/x-m4v', 'video/x-matroska', 'video/x-ms-wmv', 'video/x-msvideo',
  'image/apng', 'image/avif', 'image/bmp', 'image/gif', 'image/jp2', 'image/jpeg', 'image/jxl', 'image/png', 'image/tiff',
  'image/webp', 'image/x-icon', 'image/x-portable-graymap', 'image/x-portable-pixmap', 'image/x-tga',
  // A list of what to play, which some browsers do.
  'application/vnd.apple.mpegurl',
])

const ATTACHMENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['application/gzip', 'application/gzip'],
  ['application/json', 'application/json'],
  ['application/ogg', 'application/ogg'],
  ['application/x-ndjson', 'application/x-ndjson'],
  ['application/x-subrip', 'application/x-subrip; charset=utf-8'],
  ['application/x-tar', 'application/x-tar'],
  ['application/zip', 'application/zip'],
  ['text/csv', 'text/csv; charset=utf-8'],
  ['text/plain', 'text/plain; charset=utf-8'],
  ['text/vtt', 'text/vtt; charset=utf-8'],
  ['text/x-ssa', 'text/x-ssa; charset=utf-8'],
])
