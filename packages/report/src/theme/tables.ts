/** Tables of numbers and heat maps. */
export const tables = `
.scroll{position:relative;overflow-x:auto;max-width:100%;scrollbar-width:thin}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
caption{text-align:start;color:var(--soft);font-size:.875rem;padding-bottom:.6rem;caption-side:top;
  position:sticky;inset-inline-start:0;max-width:calc(100vw - 4rem)}
th,td{padding:.5rem .7rem;text-align:end;vertical-align:baseline}
th{font-weight:500;color:var(--soft)}
thead th{font-size:.8125rem;border-bottom:1px solid var(--line);vertical-align:bottom;white-space:nowrap}
tbody th{text-align:start;color:var(--ink)}
.numbers thead th svg,.numbers tbody th svg{margin-inline-end:.25rem}
.numbers tbody th{white-space:nowrap;max-width:16rem}
.numbers tbody th bdi{white-space:normal}
tr>:first-child{text-align:start}
.scroll th:first-child{position:sticky;inset-inline-start:0;background:var(--card);z-index:1}
.numbers tbody tr+tr>*{border-top:1px solid var(--line)}
.numbers small{display:block;color:var(--soft);font-size:.8125rem;white-space:nowrap}
.numbers td{white-space:nowrap}
.numbers .words{white-space:normal;text-align:start}
.numbers.dense{font-size:.8125rem}
.numbers.dense th,.numbers.dense td{padding-inline:.4rem}
.numbers.dense thead th{white-space:normal;font-size:.75rem}
.numbers.dense tbody th bdi{white-space:nowrap}
.numbers.dense .words{min-width:9rem;text-align:start}
.numbers .lead{font-size:1.0625rem}
.best{font-weight:700}
.best .v{box-shadow:inset 0 -.42em 0 color-mix(in srgb,var(--accent) 22%,transparent)}
.reference th,.reference td{color:var(--soft)}
.heat{border-collapse:separate;border-spacing:2px;table-layout:fixed;font-size:.875rem;min-width:calc(7.5rem + var(--n,10)*2.9rem)}
.heat th{font-size:.8125rem;padding:.25rem .4rem}
.heat thead th{border:0;text-align:center;white-space:normal;line-height:1.2}
.heat th:first-child{width:8.5rem}
.heat tbody th{line-height:1.2;border-inline-end:0}
.heat td{position:relative;text-align:center;padding:.5rem .1rem;border-radius:3px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.heat td:focus-visible,.heat td:hover{outline:2px solid var(--ink);outline-offset:1px;z-index:2}
.void{background:repeating-linear-gradient(135deg,var(--line) 0 1px,transparent 1px 6px);color:var(--soft);border-radius:3px}
.edge::after{content:"";position:absolute;inset:-3px -3px auto -3px;height:0;border-top:2.5px solid var(--ink);pointer-events:none}
.edge::before{content:"";position:absolute;inset:-3px -3px -3px auto;width:0;border-right:2.5px solid var(--ink);pointer-events:none}
.heat .edge{z-index:1}
.edge.first::after,.edge.last::before{display:none}
.edge.first::before{top:0}
.heat .mean{background:none;font-weight:600;color:var(--ink)}
.heat thead th.mean{color:var(--soft);font-weight:500}
.many th:not(:first-child) span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:8rem}
.many{font-size:.75rem}
.bars thead th{text-align:start}
.bars tbody th{vertical-align:middle}
.bars td{min-width:9rem;text-align:start;vertical-align:middle}
.bars td svg{display:block;width:100%;height:.7rem;border-radius:3px;margin-bottom:.2rem}
.bars small{white-space:normal}
.fill-adapter{fill:var(--source-adapter)}
.fill-fused{fill:var(--source-fused)}
.fill-zero-shot{fill:var(--source-zero-shot)}
.dots{min-width:40rem;table-layout:fixed}
.dots th:first-child{width:8.5rem}
.dots td,.dots thead th{text-align:start}
.dots thead th span{font-weight:400}
.dots tbody tr+tr>*{border-top:1px solid var(--line)}
.dots tbody th,.dots td{vertical-align:middle}
.dots .none{color:var(--soft)}
.strip{display:block;width:100%;overflow:visible}
.strip line{stroke-width:2.5;stroke-linecap:round;stroke-opacity:.45}
.strip .grid{stroke:var(--line);stroke-width:1;stroke-opacity:1}
.strip .tick{stroke:var(--reference);stroke-width:1.5;stroke-opacity:1;stroke-dasharray:3 2}
.dot{overflow:visible}
@media (max-width:44rem){
  th,td{padding:.45rem .5rem}
  .heat{font-size:.75rem;min-width:calc(6rem + var(--n,10)*2.35rem)}
  .heat th:first-child{width:5.5rem}
  .heat thead th:not(:first-child) span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:7rem}
}
`;
