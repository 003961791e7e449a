"""Helper methods that printed Java calls where its library has none, and what it imports."""

IMPORTS = {
    "ArrayList": "java.util",
    "Collections": "java.util",
    "HashMap": "java.util",
    "List": "java.util",
    "Map": "java.util",
    "Pattern": "java.util.regex",
    "LongStream": "java.util.stream",
    "Stream": "java.util.stream",
}
"""Package of each class."""
HELPERS = {
    "countOf": """\
/** How often a part occurs in a text, without overlaps. */
private static long countOf(String text, String part) {
    return (text.length() - text.replace(part, "").length()) / part.length();
}
""",
    "dropFirst": """\
/** The text without its first characters. */
private static String dropFirst(String text, long count) {
    return text.substring((int) Math.min(count, text.length()));
}
""",
    "fromEnd": """\
/** The item in a place when the last one is in place 1. */
private static <T> T fromEnd(List<T> values, int place) {
    return values.get(values.size() - place);
}
""",
    "letterFromEnd": """\
/** The character in a place when the last one is in place 1. */
private static char letterFromEnd(String text, int place) {
    return text.charAt(text.length() - place);
}
""",
    "part": """\
/** The characters of a text from one index to before another. */
private static String part(String text, long start, long end) {
    return dropFirst(takeFirst(text, end), start);
}
""",
    "reversed": """\
/** The items in reverse. */
private static <T> List<T> reversed(List<T> values) {
    List<T> found = new ArrayList<>(values);
    Collections.reverse(found);
    return found;
}
""",
    "takeFirst": """\
/** The first characters of a text, or all where there are fewer. */
private static String takeFirst(String text, long count) {
    return text.substring(0, (int) Math.min(count, text.length()));
}
""",
}
