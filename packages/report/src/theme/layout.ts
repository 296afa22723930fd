/** Page, type and sections. */
export const layout = `
*,*::before,*::after{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:4rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);
  font:400 1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
  font-variant-numeric:tabular-nums}
h1,h2,h3{font-weight:650;line-height:1.2;letter-spacing:-.015em;text-wrap:balance;margin:0}
h1{font-size:clamp(1.7rem,1.2rem + 2.2vw,2.6rem);overflow-wrap:anywhere}
h2{font-size:1.35rem}
h3{font-size:1rem;letter-spacing:0}
p{margin:0;text-wrap:pretty}
a{color:var(--accent);text-underline-offset:.2em}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em}
bdi{overflow-wrap:break-word}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.wrap{max-width:76rem;margin-inline:auto;padding-inline:clamp(1rem,3vw,2rem)}
.skip{position:absolute;inset-inline-start:-999px}
.skip:focus{position:fixed;inset:.5rem auto auto .5rem;z-index:9;background:var(--card);padding:.5rem 1rem}
.bar{position:sticky;top:0;z-index:5;background:var(--page);border-bottom:1px solid var(--line)}
.bar .wrap{display:flex;gap:1rem;align-items:center;min-height:3rem}
.bar nav{display:flex;gap:.2rem 1.1rem;overflow-x:auto;flex:1;scrollbar-width:none;
  font-size:.875rem;white-space:nowrap;padding:.25rem 0;
  mask-image:linear-gradient(to right,#000 calc(100% - 2rem),transparent)}
.bar nav::after{content:"";flex:0 0 1.5rem}
.bar nav a{color:var(--soft);text-decoration:none;padding:.45rem 0}
.bar nav a:hover{color:var(--ink);text-decoration:underline}
.bar button,.copy{font:inherit;font-size:.8125rem;color:var(--ink);background:var(--card);white-space:nowrap;
  border:1px solid var(--line);border-radius:999px;padding:.3rem .8rem;cursor:pointer}
.bar button:hover,.copy:hover{border-color:var(--soft)}
header.hero{padding-block:clamp(2rem,5vw,3.5rem) 1.5rem}
.eyebrow{font-size:.8125rem;color:var(--soft);margin-bottom:.4rem}
.lede{max-width:46rem;margin-top:.8rem;color:var(--soft);font-size:1.0625rem}
.lede strong{color:var(--ink);font-weight:600}
section{padding-block:1.75rem}
section>h2+p,.note{color:var(--soft);max-width:48rem}
section>h2+p{margin:.35rem 0 1.1rem}
.note{font-size:.875rem;margin-top:.7rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:clamp(.85rem,2vw,1.25rem)}
.card+.card{margin-top:1rem}
footer{border-top:1px solid var(--line);margin-top:2rem;padding-block:1.5rem 3rem;color:var(--soft);font-size:.875rem}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
[hidden]{display:none!important}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
`;
