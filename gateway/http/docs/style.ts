/** The docs page's only style sheet, inside the page; its hash is in the page's content security policy. */
export const style = `
:root{color-scheme:light dark;--bg:#fff;--soft:#f5f6f8;--line:#e3e6eb;--text:#1d2129;--dim:#626a77;--link:#2456d6;
--get:#0b7a4b;--post:#2456d6;--put:#8a5a00;--delete:#b3261e}
@media (prefers-color-scheme:dark){:root{--bg:#14161b;--soft:#1d2027;--line:#2e333d;--text:#e6e8ec;--dim:#9aa3b2;--link:#8fb0ff;
--get:#5fd39b;--post:#8fb0ff;--put:#e5b454;--delete:#ff8f86}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.6 system-ui,-apple-system,"PingFang SC","Microsoft YaHei",sans-serif}
.page{max-width:1080px;margin:0 auto;padding:0 20px 80px;display:grid;grid-template-columns:220px minmax(0,1fr);gap:48px}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:32px 0;font-size:14px}
nav ul{list-style:none;margin:8px 0 20px;padding:0}nav li{margin:6px 0}
nav strong{font-size:20px}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
h1{font-size:32px;line-height:1.25;margin:40px 0 8px}h2{font-size:22px;margin:48px 0 12px}h3{font-size:16px;margin:24px 0 8px}
p{margin:8px 0}.dim{color:var(--dim)}
pre{background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:14px 16px;overflow:auto;font-size:13.5px;line-height:1.55}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
details{border:1px solid var(--line);border-radius:8px;margin:10px 0;background:var(--bg)}
details[open]{background:var(--soft)}details[open] pre{background:var(--bg)}
summary{cursor:pointer;padding:12px 16px;display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;list-style:none}
summary::-webkit-details-marker{display:none}
summary .what{color:var(--dim);font-size:14px;flex:1 1 260px}
.inside{padding:0 16px 16px;overflow:auto}
.verb{font:700 12px ui-monospace,Menlo,Consolas,monospace;min-width:52px}
.GET{color:var(--get)}.POST{color:var(--post)}.PUT{color:var(--put)}.DELETE{color:var(--delete)}
table{border-collapse:collapse;width:100%;font-size:14px;margin:8px 0}
th,td{text-align:left;vertical-align:top;padding:7px 12px 7px 0;border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:600}
@media (max-width:760px){.page{grid-template-columns:minmax(0,1fr);gap:0}nav{position:static;padding:20px 0 0}nav ul{columns:2}h1{margin-top:16px;font-size:26px}}
`
