/** On paper: light, everything open, nothing that can only be clicked. */
export const print = `
@media print{
  :root,:root[data-theme]{color-scheme:light}
  @page{margin:14mm}
  html{font-size:72%}
  body{background:#fff}
  .bar,.copy,.detail,.filters,.tabs>label,.skip{display:none!important}
  .wrap{max-width:none;padding:0}
  .card,.tile,.shot{border-color:#bbb}
  .tabs{display:block}
  .tabs>.panel{display:block;break-inside:avoid;margin-bottom:1.2rem}
  .tabs .panel>h3{display:block;margin-bottom:.3rem}
  .scroll{overflow:visible}
  .heat,.dots{min-width:0}
  .heat th,.heat td{padding:.25rem .1rem}
  .bars td{min-width:0}
  .numbers td,.numbers small{white-space:normal}
  caption{position:static}
  .charts{grid-template-columns:repeat(3,1fr)}
  section{break-inside:auto}
  h2,h3{break-after:avoid}
  figure,tr{break-inside:avoid}
  *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;
