import { fill, type Places } from './places.ts'

/** What ffmpeg would take for an input, and the hub must not take for a source. */
export function sourceAttacks(places: Places): readonly string[] {
  return SOURCES.trim().split('\n').map((source) => fill(source, places))
}

const SOURCES = `
{secret}/flag.txt
file:{secret}/flag.txt
file://{secret}/flag.txt
FILE:///etc/passwd
../../neighbour/out.mp4
concat:{secret}/flag.txt|/etc/hostname
subfile,,start,0,end,90,,:{secret}/flag.txt
concatf:{secret}/list.txt
cache:file:{secret}/flag.txt
async:file:{secret}/flag.txt
crypto:{secret}/flag.txt
/proc/self/environ
/dev/zero
pipe:0
pipe:7
fd:3
-
-i
data:text/plain;base64,RkxBR3s=
movie={secret}/private.ts
http://{canary}/a.mp4
HTTP://{canary}/a.mp4
http:\\\\{canary}\\a.mp4
http://u:p@{canary}/a.mp4
http://[::ffff:127.0.0.1]:1/a.mp4
http://2130706433/a.mp4
http://0x7f.1/a.mp4
http://0177.0.0.1/a.mp4
http://0/a.mp4
http://[::]/a.mp4
http://169.254.169.254/latest/meta-data/
http://168.63.129.16/
tcp://{canary}
gopher://{canary}/1
ftp://{canary}/a
rtmp://{canary}/a
rtsp://{canary}/a
udp://{canary}
unix:{outside}/canary.sock
md5:http://{canary}/a
ipfs://QmFoo
tls://{canary}
upload:../../etc/passwd
upload:constructor/x
job:../x/y
job:AAAAAAAAAAAAAAAAAAAAA
`
