namespace Nixl.Bench.Reporting.Html;

/// <summary>How the page looks, in both themes, on paper and on a narrow screen. Nothing comes from the network.</summary>
internal static class PageStyle
{
    // Six colours that people with the common kinds of colour blindness tell apart (Okabe and Ito), a lighter set for the dark theme.
    internal const string Css = """
        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2128; --soft: #59636e; --rule: #d5dae0; --good: #11693c; --bad: #b3261e;
          --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #a8417f; --c4: #8a6d00; --c5: #4b4f56; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e4e8ec; --soft: #9aa5b1; --rule: #343c46; --good: #63c78d; --bad: #ff8a80;
          --c0: #56b4e9; --c1: #ff9e57; --c2: #45cfa5; --c3: #e58fc2; --c4: #e6cf4a; --c5: #b9c0c8; } }
        * { box-sizing: border-box; }
        body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1360px; padding: 24px; }
        h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 32px 0 8px; }
        .lead { color: var(--soft); margin: 0 0 20px; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 24px; }
        figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: 4px; } svg { width: 100%; height: auto; display: block; }
        svg text { fill: var(--soft); font: 12px system-ui, sans-serif; } text.x { text-anchor: middle; } text.y { text-anchor: end; } text.title { fill: var(--ink); }
        .grid { stroke: var(--rule); stroke-width: 1; } .line { fill: none; stroke-width: 2; } .line.dashed { stroke-dasharray: 6 4; }
        .legend { color: var(--soft); margin: 4px 0 0; } .key { display: inline-block; width: 14px; height: 3px; margin: 0 6px 3px 10px; } .key.dashed { mask: repeating-linear-gradient(90deg, #000 0 4px, transparent 4px 7px); }
        .line.s0 { stroke: var(--c0); } .line.s1 { stroke: var(--c1); } .line.s2 { stroke: var(--c2); } .line.s3 { stroke: var(--c3); } .line.s4 { stroke: var(--c4); } .line.s5 { stroke: var(--c5); }
        .dot.s0, .k0 { fill: var(--c0); background: var(--c0); } .dot.s1, .k1 { fill: var(--c1); background: var(--c1); } .dot.s2, .k2 { fill: var(--c2); background: var(--c2); }
        .dot.s3, .k3 { fill: var(--c3); background: var(--c3); } .dot.s4, .k4 { fill: var(--c4); background: var(--c4); } .dot.s5, .k5 { fill: var(--c5); background: var(--c5); }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
        th, td { padding: 4px 12px; text-align: right; border-bottom: 1px solid var(--rule); } th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child { padding-left: 0; }
        .good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; } dl.columns { gap: 6px 16px; } dl.columns dt { color: var(--ink); font-weight: 600; }
        @media print { body { max-width: none; padding: 0; } .plots { grid-template-columns: 1fr 1fr; } }
        """;
}
