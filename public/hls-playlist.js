/** RFC 8216 as far as the hub's own `hls` tool speaks it. Addresses come out absolute. */

/** The renditions that a master playlist names, the one that takes least of the line first. */
export function parseMaster(text, base) {
  const variants = []
  let attributes
  for (const line of linesOf(text)) {
    if (line.startsWith('#EXT-X-STREAM-INF:')) attributes = parseAttributes(line.slice(line.indexOf(':') + 1))
    else if (!line.startsWith('#') && attributes) {
      const { BANDWIDTH: bandwidth, RESOLUTION: size = '', CODECS: codecs = '' } = attributes
      variants.push({ address: new URL(line, base).href, bandwidth: Number(bandwidth), height: Number(size.split('x')[1] ?? 0), codecs })
      attributes = undefined
    }
  }
  return variants.sort((a, b) => a.bandwidth - b.bandwidth)
}

/** The pieces that a media playlist names so far, each with its place in the film, in seconds. */
export function parseMedia(text, base) {
  const pieces = []
  let init
  let seconds
  let end = 0
  let target = 1
  let isWhole = false
  for (const line of linesOf(text)) {
    if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice(8))
    else if (line.startsWith('#EXT-X-TARGETDURATION:')) target = Number.parseFloat(line.slice(22))
    else if (line.startsWith('#EXT-X-MAP:')) init = new URL(parseAttributes(line.slice(11)).URI, base).href
    else if (line === '#EXT-X-ENDLIST') isWhole = true
    else if (!line.startsWith('#') && seconds !== undefined) {
      pieces.push({ address: new URL(line, base).href, start: end, end: end + seconds })
      end += seconds
      seconds = undefined
    }
  }
  return { pieces, init, seconds: end, target, isWhole }
}

function linesOf(text) {
  return text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '')
}

/** `NAME=value,NAME="value, with commas"` */
function parseAttributes(text) {
  return Object.fromEntries([...text.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)].map(([, name, quoted, plain]) => [name, quoted ?? plain]))
}
