/** Tiles, legends, tabs, charts, example cards, definitions. */
export const components = `
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem;margin-top:1.6rem}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1rem 1.2rem}
.tile dt{color:var(--soft);font-size:.875rem}
.tile dd{margin:0}
.tile .big{font-size:2.15rem;font-weight:650;letter-spacing:-.03em;line-height:1.2}
.tile .big small{font-size:1rem;font-weight:500;letter-spacing:0;color:var(--soft)}
.tile .who{font-size:.9375rem}
.tile .versus{color:var(--soft);font-size:.8125rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.9rem 2rem;margin:0}
.facts dt{font-size:.8125rem;color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.3rem;list-style:none;margin:0 0 .9rem;padding:0;font-size:.875rem}
.legend li,.who{display:flex;align-items:center;gap:.45rem}
.legend svg,svg.key{flex:none;width:2.1rem;height:.9rem;vertical-align:-.1em}
.swatch{width:.85rem!important;border-radius:3px}
.tabs{display:flex;flex-wrap:wrap;gap:.4rem}
.tabs>input{position:absolute;opacity:0;pointer-events:none}
.tabs>label{display:flex;align-items:center;gap:.4rem;padding:.35rem .8rem;border:1px solid var(--line);
  border-radius:999px;font-size:.875rem;cursor:pointer;background:var(--card)}
.tabs>label:hover{border-color:var(--soft)}
.tabs>input:checked+label{border-color:var(--ink);box-shadow:inset 0 0 0 1px var(--ink);font-weight:600}
.tabs>input:focus-visible+label{outline:2px solid var(--accent);outline-offset:2px}
.tabs>.panel{order:1;flex:0 0 100%;min-width:0;margin-top:.6rem;display:none}
.tabs>input:checked+label+.panel{display:block}
.tabs .panel>h3{display:none}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr));gap:1.4rem 1.2rem}
.chart{margin:0;min-width:0}
.chart figcaption{margin-bottom:.4rem}
.chart figcaption span{display:block;color:var(--soft);font-size:.8125rem}
.chart svg{display:block;width:100%;height:auto;max-width:30rem}
.chart text{font-family:inherit}
.chart .axis{max-width:30rem;text-align:center;font-size:.75rem;color:var(--soft);line-height:1.3}
details{margin-top:1rem}
details>summary{cursor:pointer;font-size:.875rem;color:var(--accent);width:fit-content;padding:.2rem 0}
details[open]>summary{margin-bottom:.6rem}
.detail{min-height:1.6em;margin-top:.6rem;font-size:.875rem;color:var(--soft)}
.command{position:relative}
.command pre{margin:0;padding:1rem;padding-inline-end:5.5rem;background:var(--sunk);border-radius:8px;white-space:pre-wrap;
  overflow-wrap:anywhere}
.command .copy{position:absolute;inset-block-start:.6rem;inset-inline-end:.6rem}
.gallery h3{margin:1.4rem 0 .6rem}
.gallery h3:first-child{margin-top:0}
.shots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(21rem,100%),1fr));gap:.75rem;list-style:none;margin:0;padding:0}
.shot{display:grid;grid-template-columns:72px 1fr;gap:.2rem .85rem;align-items:start;background:var(--card);
  border:1px solid var(--line);border-radius:10px;padding:.75rem;break-inside:avoid}
.shot .picture{width:72px;height:72px;border-radius:6px;background:#fff;object-fit:contain;border:1px solid var(--line)}
.shot .missing{display:grid;place-items:center;font-size:.6875rem;color:#545b66;text-align:center}
.truth{font-weight:600;line-height:1.3}
.answers{list-style:none;margin:.3rem 0 0;padding:0;font-size:.875rem;line-height:1.4;display:grid;gap:.35rem}
.answers li{display:grid;grid-template-columns:1.1rem 1fr;gap:.15rem}
.right .mark{color:var(--good)}
.wrong .mark{color:var(--bad)}
.mark{font-weight:700}
.by{color:var(--soft);font-weight:400;font-size:.8125rem}
.said{display:flex;flex-wrap:wrap;gap:0 .7rem;color:var(--soft);font-size:.8125rem}
.said span{display:inline-flex;align-items:center;gap:.25rem;color:var(--ink)}
.said em{font-style:normal}
.said .dot-key{width:.8rem!important;height:.8rem!important}
.definitions{display:grid;grid-template-columns:minmax(0,1fr);gap:.9rem;margin:0}
.definitions dt{font-weight:600;overflow-wrap:anywhere}
.definitions dd{margin:0;color:var(--soft);font-size:.9375rem}
.definitions code{color:var(--ink)}
.insight{margin-top:1.6rem}
.insight>.note{margin:.3rem 0 .8rem}
.scale{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem 1.4rem;font-size:.8125rem;color:var(--soft);margin-top:.8rem}
.scale .ramp{display:flex;align-items:center;gap:.45rem}
.ramp i{display:inline-block;width:.55rem;height:.8rem;margin:0 -.23rem 0 0}
.ramp i:last-of-type{margin-right:0}
.scale .step{display:inline-block;width:1.1rem;height:.9rem;border-top:2px solid var(--ink);border-right:2px solid var(--ink)}
.scale .void{display:inline-block;width:1.1rem;height:.9rem}
.filters{display:flex;gap:1.2rem;flex-wrap:wrap;font-size:.875rem;margin-bottom:1rem}
.filters label{display:flex;gap:.4rem;align-items:center}
.filters input{accent-color:var(--accent)}
#examples:has(#only-wrong:checked) .shot.all-right{display:none}
`;
