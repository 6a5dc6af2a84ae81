/**
 * Keys of the encoders' own parameter lists. Those that read or write a file (`stats`, `csv`, `cqmfile`, `qpfile`,
 * `lambda-file`, `analysis-save`, `film-grain-table`, …) are left out, and so are threads and passes.
 */
export const X264_KEYS: readonly string[] = words(`
  keyint min-keyint no-scenecut scenecut intra-refresh bframes b-adapt b-bias b-pyramid open-gop no-cabac ref
  no-deblock deblock slices slice-max-size tff bff fake-interlaced constrained-intra pulldown qp crf bitrate crf-max
  rc-lookahead vbv-maxrate vbv-bufsize vbv-init qpmin qpmax qpstep ratetol ipratio pbratio chroma-qp-offset aq-mode
  aq-strength qcomp cplxblur qblur no-mbtree mbtree partitions direct no-weightb weightb weightp me merange mvrange
  subme psy-rd no-psy psy no-mixed-refs mixed-refs no-chroma-me no-8x8dct 8x8dct trellis no-fast-pskip no-dct-decimate
  nr deadzone-inter deadzone-intra cqm level profile preset tune nal-hrd filler pic-struct aud force-cfr overscan
  videoformat range fullrange colorprim transfer colormatrix chromaloc frame-packing sar annexb repeat-headers
  level-force bluray-compat avcintra-class
`)

export const X265_KEYS: readonly string[] = words(`
  keyint min-keyint scenecut no-scenecut open-gop no-open-gop bframes b-adapt b-pyramid no-b-pyramid bframe-bias ref
  rc-lookahead lookahead-slices rd rdoq-level psy-rd psy-rdoq no-psy-rd ctu min-cu-size max-tu-size tu-intra-depth
  tu-inter-depth limit-refs limit-modes limit-tu rect no-rect amp no-amp me subme merange max-merge early-skip
  no-early-skip rskip fast-intra b-intra no-b-intra cu-lossless tskip deblock no-deblock sao no-sao sao-non-deblock
  limit-sao weightp no-weightp weightb no-weightb strong-intra-smoothing no-strong-intra-smoothing signhide no-signhide
  crf qp bitrate crf-max crf-min qpmin qpmax qpstep qcomp qblur cplxblur ipratio pbratio cbqpoffs crqpoffs
  vbv-maxrate vbv-bufsize vbv-init aq-mode aq-strength aq-motion qg-size cutree no-cutree strict-cbr lossless
  profile level-idc high-tier no-high-tier preset tune sar overscan videoformat range colorprim transfer colormatrix
  chromaloc master-display max-cll hdr10 hdr10-opt no-hdr10-opt repeat-headers no-repeat-headers aud no-aud hrd no-hrd
  info no-info hash log-level selective-sao asm fades no-fades intra-refresh constrained-intra rd-refine
`)

export const SVT_AV1_KEYS: readonly string[] = words(`
  preset crf qp rc tbr mbr tune keyint irefresh-type scd lookahead lad hierarchical-levels pred-struct aq-mode
  enable-overlays enable-tf enable-qm qm-min qm-max min-qp max-qp film-grain film-grain-denoise fast-decode
  tile-rows tile-columns scm enable-cdef enable-restoration enable-dlf profile level tier input-depth
  color-primaries transfer-characteristics matrix-coefficients color-range chroma-sample-position
`)

export const AOM_KEYS: readonly string[] = words(`
  cpu-used end-usage cq-level min-q max-q kf-max-dist kf-min-dist lag-in-frames tune tune-content aq-mode deltaq-mode
  enable-qm qm-min qm-max sharpness arnr-strength arnr-maxframes row-mt tile-rows tile-columns sb-size
  enable-cdef enable-restoration enable-keyframe-filtering enable-fwd-kf denoise-noise-level color-primaries
  transfer-characteristics matrix-coefficients chroma-sample-position
`)

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
