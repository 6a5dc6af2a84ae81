import { join } from 'node:path'
import type { HostileFile } from './make-hostile-media.ts'
import type { Places } from './places.ts'

/** Texts that make a player read something else: other files, addresses, or themselves without end. */
export function hostilePlaylists({ secret, canary }: Places): readonly HostileFile[] {
  const [film, text] = [join(secret, 'private.ts'), join(secret, 'flag.txt')]
  const web = `http://${canary}`
  const entries: Readonly<Record<string, string>> = {
    hls_file_ts: hls(`file://${film}`),
    hls_file_txt: hls(`file://${text}`),
    hls_passwd: hls('file:///etc/passwd'),
    hls_abs_path: hls(film),
    hls_rel_path: hls('../../places/secret/private.ts'),
    hls_http: hls(`${web}/hls.ts`),
    hls_concat: hls(`concat:${film}|${text}`),
    hls_subfile: hls(`subfile,,start,0,end,90,,:${text}`),
    hls_key_http: hls(film, `#EXT-X-KEY:METHOD=AES-128,URI="${web}/key"`),
    hls_key_file: hls(film, `#EXT-X-KEY:METHOD=AES-128,URI="${text}"`),
    hls_live: `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${film}\n`,
    hls_live_missing: '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/nowhere.ts\n',
    hls_data: hls('data:video/mp2t;base64,RwAAEA=='),
    hls_xbin: hls(`file://${text}`, '#EXT-X-MEDIA-SEQUENCE:0', 'XBIN\x1a'),
    hls_100k: `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${`#EXTINF:1,\n${film}\n`.repeat(100_000)}#EXT-X-ENDLIST\n`,
    concat_abs: concat(film),
    concat_rel: concat('../../places/secret/private.ts'),
    concat_http: concat(`${web}/concat.ts`),
    concat_options: `ffconcat version 1.0\nfile '${film}'\noption safe 0\ninpoint 0\n`,
    concat_loop: `ffconcat version 1.0\n${`file '${film}'\n`.repeat(100_000)}`,
    concat_self: concat('0'),
    dash_file: dash(`file://${film}`),
    dash_http: dash(`${web}/dash.mp4`),
    dash_xxe: `<?xml version="1.0"?><!DOCTYPE MPD [<!ENTITY x SYSTEM "file://${text}">]>${dash('&x;')}`,
    sdp_udp: sdp(`m=video ${canary.split(':')[1]} RTP/AVP 96`),
    sdp_rtsp: `${sdp('m=video 0 RTP/AVP 96')}a=control:rtsp://${canary}/x\r\n`,
    asx: `<ASX version="3.0"><ENTRY><REF HREF="${web}/asx.wmv"/></ENTRY></ASX>`,
    imf: `<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>urn:uuid:${text}</Id></CompositionPlaylist>`,
    vobsub: `# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n`,
    ffmetadata: `;FFMETADATA1\ntitle=${'x'.repeat(100)}\n`,
    rtsp_text: `rtsptext\nrtsp://${canary}/x\n`,
    svg_image: svg(`<image href="file://${secret}/flag1.png" width="64" height="64"/>`),
    svg_web_image: svg(`<image href="${web}/svg.png" width="64" height="64"/>`),
    svg_xxe: `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file://${text}">]>${svg('<text y="20">&x;</text>')}`,
    svg_xinclude: svg(`<text y="20"><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://${text}" parse="text"/></text>`),
    svg_laughs: `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a0 "ha">${laughs()}]>${svg('<text y="20">&a9;</text>')}`,
    svg_use_bomb: svg(`<defs><g id="a0"><rect width="1" height="1"/></g>${uses()}</defs><use href="#a12"/>`),
    svg_huge: '<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="100000"><rect width="100000" height="100000"/></svg>',
    html: '<!doctype html><script>alert(document.domain)</script><h1>Sign in</h1>',
    shell: `#!/bin/sh\ncat ${text}\n`,
  }
  return Object.entries(entries).map(([name, content]) => ({ name, bytes: Buffer.from(content), isNoMedia: true }))
}

function hls(uri: string, head = '', magic = ''): string {
  return `${magic}#EXTM3U\n#EXT-X-TARGETDURATION:1\n${head}\n#EXTINF:1,\n${uri}\n#EXT-X-ENDLIST\n`
}

function concat(file: string): string {
  return `ffconcat version 1.0\nfile '${file}'\nfile '${file}'\n`
}

function dash(base: string): string {
  return '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">'
    + `<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>${base}</BaseURL></Representation></AdaptationSet></Period></MPD>`
}

function sdp(media: string): string {
  return `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n${media}\r\na=rtpmap:96 H264/90000\r\n`
}

function svg(content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">${content}</svg>`
}

function laughs(): string {
  return Array.from({ length: 9 }, (_, level) => `<!ENTITY a${level + 1} "${`&a${level};`.repeat(10)}">`).join('')
}

function uses(): string {
  return Array.from({ length: 12 }, (_, level) => `<g id="a${level + 1}">${`<use href="#a${level}"/>`.repeat(10)}</g>`).join('')
}
