package dev.gatehouse.benchmarks;

import java.util.Locale;

/** Writes a drawing of boxes, lines and words as SVG. */
final class Svg {
  private final StringBuilder elements = new StringBuilder();
  private final int width;
  private final int height;

  Svg(int width, int height) {
    this.width = width;
    this.height = height;
  }

  Svg box(double x, double y, double boxWidth, double boxHeight, String fill) {
    return add(
        "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>",
        x, y, boxWidth, boxHeight, fill);
  }

  Svg line(double x1, double y1, double x2, double y2, String stroke) {
    return add(
        "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'/>", x1, y1, x2, y2, stroke);
  }

  /** Words that begin, or end, or have their middle at x: anchor start, end or middle. */
  Svg text(double x, double y, String anchor, String words) {
    return add("<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>", x, y, anchor, escaped(words));
  }

  private Svg add(String format, Object... values) {
    elements.append("  ").append(String.format(Locale.ROOT, format, values)).append('\n');
    return this;
  }

  private static String escaped(String words) {
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  @Override
  public String toString() {
    return String.format(
            Locale.ROOT,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'"
                + " viewBox='0 0 %d %d' font-family='sans-serif' font-size='12'>%n",
            width,
            height,
            width,
            height)
        + "  <rect width='100%' height='100%' fill='white'/>\n"
        + elements
        + "</svg>\n";
  }
}
