/**
 * Options that stand before every `-i`, for ffmpeg and ffprobe alike. A file decides for itself what it claims to be:
 * without these a playlist named `.mp4` makes ffmpeg read other files, and a small picture fills the memory.
 */
export function inputGuards(): readonly string[] {
  return guardsWith({})
}

/** For what the hub itself has written, such as a list of staged files. */
export function guardsWith({ protocols = ['file'], formats = [FORMATS] }: { readonly protocols?: readonly string[]; readonly formats?: readonly string[] }): readonly string[] {
  return [
    '-protocol_whitelist', protocols.join(','),
    '-format_whitelist', formats.join(','),
    '-codec_whitelist', DECODERS,
    '-max_pixels', String(MAX_INPUT_PIXELS),
    '-max_streams', '64',
  ]
}

/** One allocation at most; a global option, so it stands first. */
export const ALLOCATION_GUARD: readonly string[] = ['-max_alloc', String(512 * 1024 * 1024)]

const MAX_INPUT_PIXELS = 100_000_000

// Left out on purpose: hls, concat, dash, sdp, rtsp, imf, image2, tty, lavfi and ffmetadata, which read other files or
// devices, or show any text as a picture; svg, which loads a library that follows references.
const FORMATS = [
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,nut,mxf,gxf,dv,rm,wtv,ivf,obu,av1',
  'h261,h263,h264,hevc,m4v,vc1,mjpeg,dirac,yuv4mpegpipe,swf,nsv,roq,bink,smk',
  'ogg,wav,w64,mp3,flac,aac,ac3,eac3,dts,dtshd,truehd,mlp,aiff,au,caf,amr,amrnb,amrwb,voc,tta,wv,ape,mpc,mpc8,tak',
  'dsf,iff,xwma,oma,shn,loas,gsm,sbc,aptx,adp,act,qcp,spdif',
  'gif,apng,gif_pipe,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,jpegxl_pipe,j2k_pipe,jpegls_pipe,qoi_pipe',
  'pam_pipe,pbm_pipe,pgm_pipe,ppm_pipe,pfm_pipe,pcx_pipe,psd_pipe,dpx_pipe,exr_pipe,sgi_pipe,sunrast_pipe,dds_pipe,ico',
  'srt,ass,webvtt,sami,microdvd,subviewer',
].join(',')

// Left out on purpose: magicyuv (CVE-2026-8461), librsvg, ansi, xbin, and decoders that open a device.
const DECODERS = [
  'h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,libaom-av1,h261,h263,h263i,h263p,flv,mpeg1video,mpeg2video,mpeg4',
  'msmpeg4v1,msmpeg4v2,msmpeg4,wmv1,wmv2,wmv3,vc1,rv10,rv20,rv30,rv40,svq1,svq3,cinepak,indeo3,indeo5,vp3,vp5,vp6,vp6f',
  'vp6a,theora,dirac,mjpeg,mjpegb,prores,dnxhd,dvvideo,ffv1,ffvhuff,huffyuv,utvideo,cfhd,hap,qtrle,rpza,smc,msrle',
  'msvideo1,rawvideo,v210,v308,v408,v410,r210,flashsv,flashsv2,tscc,camtasia,zmbv,wrapped_avframe,roqvideo,binkvideo',
  'smackvid,png,apng,gif,webp,bmp,tiff,jpeg2000,libopenjpeg,jpegls,libjxl,qoi,pam,pbm,pgm,ppm,pfm,pcx,psd,dpx,exr,sgi',
  'sunrast,dds,targa',
  'aac,aac_fixed,aac_latm,mp1,mp1float,mp2,mp2float,mp3,mp3float,mp3adu,mp3adufloat,mp3on4,mp3on4float,ac3,ac3_fixed',
  'eac3,dca,truehd,mlp,opus,libopus,vorbis,libvorbis,flac,alac,als,ape,tak,tta,wavpack,shorten,mpc7,mpc8,wmav1,wmav2',
  'wmapro,wmalossless,wmavoice,cook,ra_144,ra_288,real_144,real_288,sipr,atrac1,atrac3,atrac3al,atrac3plus,atrac3plusal',
  'amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,gsm,libgsm,gsm_ms,libgsm_ms,speex,libspeex,ilbc,g722,g726,g726le',
  'g723_1,g729,qdm2,qdmc,qcelp,nellymoser,sbc,aptx,aptx_hd,mace3,mace6,dfpwm,roq_dpcm,binkaudio_dct,binkaudio_rdft',
  'smackaud,8svx_exp,8svx_fib,sonic,dvaudio,s302m,dsd_lsbf,dsd_msbf,dsd_lsbf_planar,dsd_msbf_planar',
  'pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd,pcm_lxf,pcm_f16le,pcm_f24le,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_s8',
  'pcm_s8_planar,pcm_s16be,pcm_s16be_planar,pcm_s16le,pcm_s16le_planar,pcm_s24be,pcm_s24le,pcm_s24le_planar,pcm_s32be',
  'pcm_s32le,pcm_s32le_planar,pcm_s64be,pcm_s64le,pcm_u8,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,pcm_u32be,pcm_u32le',
  'adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_ima_smjpeg,adpcm_swf,adpcm_yamaha,adpcm_g722,adpcm_g726,adpcm_adx,adpcm_ct',
  'srt,subrip,ass,ssa,webvtt,mov_text,text,sami,microdvd,subviewer,dvbsub,dvdsub,pgssub,xsub,cc_dec',
].join(',')
