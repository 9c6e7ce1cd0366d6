#include "api/docs_pages.h"

namespace facegate::api {

std::string_view docs_style() {
    return R"css(:root {
  color-scheme: light dark;
  --text: #1c2430; --soft: #586274; --line: #dde2ea; --back: #ffffff; --panel: #f5f7fa; --link: #0b57d0;
  --get: #0b6b3a; --post: #0b57d0; --patch: #8a5200; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e8ef; --soft: #a3adbd; --line: #333c4a; --back: #12161d; --panel: #1b212b; --link: #8ab4f8;
    --get: #6fd49b; --post: #8ab4f8; --patch: #f0b45c; --delete: #f2938c;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; color: var(--text); background: var(--back); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, pre:focus-visible, .wide:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px;
}
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--back); }
.skip:focus { left: 1rem; top: 1rem; z-index: 1; }
.frame { display: grid; grid-template-columns: 19rem minmax(0, 1fr); max-width: 82rem; margin: 0 auto; }
nav { padding: 1.5rem 1rem; border-right: 1px solid var(--line); height: 100vh; position: sticky; top: 0; overflow: auto; }
nav ul { list-style: none; margin: .25rem 0 1rem; padding: 0; }
nav li { margin: .15rem 0; font-size: .9rem; }
nav li a { text-decoration: none; display: block; padding: .15rem .25rem; overflow-wrap: anywhere; }
nav li a:hover { text-decoration: underline; }
nav h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; color: var(--soft); margin: 1rem 0 0; padding: 0 .25rem; }
nav h2 a { color: inherit; text-decoration: none; }
nav h2 a:hover { text-decoration: underline; }
.here { display: none; }
main { padding: 1.5rem clamp(1rem, 3vw, 3rem) 4rem; min-width: 0; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.4rem; margin: 3rem 0 .75rem; }
article > h2:first-child { margin-top: 0; }
main p { max-width: 46rem; }
h3 { font-size: 1.15rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h4 { font-size: .85rem; text-transform: uppercase; letter-spacing: .05em; color: var(--soft); margin: 1.25rem 0 .25rem; }
h4 a { text-transform: none; letter-spacing: 0; }
article { border-top: 1px solid var(--line); padding: 1.5rem 0; }
article:target { box-shadow: -1rem 0 var(--back), calc(-1rem - 3px) 0 var(--link); }
tr:target { background: var(--panel); }
code, pre { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow-x: auto; margin: .25rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
td p { margin: 0; }
.path { font: 600 1rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.get { color: var(--get); } .post { color: var(--post); } .patch, .put { color: var(--patch); } .delete { color: var(--delete); }
.status { font-weight: 600; }
.soft { color: var(--soft); }
details { margin: .35rem 0; }
details > :not(summary) { margin-left: 1.1rem; }
summary { cursor: pointer; padding: .15rem 0; overflow-wrap: anywhere; }
@media (min-width: 50.01rem) { td:first-child code { white-space: nowrap; } }
@media (max-width: 50rem) {
  .frame { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); padding: 1rem; }
  nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0 0 .5rem; }
  nav ul.operations { display: none; }
  nav h2 { display: inline-block; font-size: .9rem; text-transform: none; letter-spacing: 0; margin: 0 .6rem 0 0; padding: .25rem; }
  nav h2 a { color: var(--link); }
  nav li a, .here li a { padding: .35rem .25rem; }
  .here { display: block; }
  .here ul { list-style: none; margin: 0 0 1.5rem; padding: 0; }
  .here li a { display: block; text-decoration: none; }
  h1 { font-size: 1.6rem; }
  h2 { margin-top: 2.25rem; }
  table, tbody, tr, td { display: block; width: 100%; }
  thead { position: absolute; left: -100vw; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td { border: 0; padding: .1rem 0; }
}
@media print {
  nav, .skip { display: none; }
  .frame { display: block; }
}
)css";
}

}  // namespace facegate::api
