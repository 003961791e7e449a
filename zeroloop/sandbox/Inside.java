import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * What runs inside for Java: "compile" turns source into class files and never loads them, "run" loads class files and
 * makes the calls that it is asked for.
 *
 * Requests are lines of JSON from standard input, answers lines "NONCE JSON" to standard output, and all that is printed
 * goes to standard error. The nonce of a call comes with that call: code that runs earlier cannot know it. There are
 * neither lambdas nor strings put together by +, because both take long at the first time.
 */
final class Inside {
    private static final InputStream REQUESTS = new FileInputStream(FileDescriptor.in);
    private static final OutputStream RESULTS = new FileOutputStream(FileDescriptor.out);

    public static void main(String[] arguments) throws IOException {
        System.setIn(InputStream.nullInputStream());
        System.setOut(System.err);
        Answers answers;
        if (arguments[0].equals("compile")) {
            answers = new Compiler();
        } else {
            answers = new Runner();
        }
        byte[] block = new byte[1 << 16];
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int size; (size = REQUESTS.read(block)) > 0; ) {
            boolean whole = block[size - 1] == '\n'; // only one request is on its way at a time
            line.write(block, 0, size);
            if (whole) {
                answer(answers, new String(line.toByteArray(), StandardCharsets.US_ASCII));
                line.reset();
            }
        }
        Runtime.getRuntime().halt(0);
    }

    @SuppressWarnings("unchecked")
    private static void answer(Answers answers, String line) throws IOException {
        Map<String, Object> request = (Map<String, Object>) new Reader(line).value();
        StringBuilder said = new StringBuilder();
        try {
            said.append("{\"value\": ");
            new Writer(said).write(answers.answer(request), 0);
            if (said.length() > ((Number) request.get("longest")).longValue()) {
                throw new IllegalArgumentException("the value that was returned is too long");
            }
        } catch (Throwable problem) {
            said = new StringBuilder("{\"raised\": ");
            new Writer(said).text(described(problem));
        }
        said.insert(0, ' ').insert(0, request.get("nonce")).append("}\n");
        RESULTS.write(said.toString().getBytes(StandardCharsets.US_ASCII));
    }

    /** The kind and the message, which may be anything. */
    private static String described(Throwable problem) {
        String name = problem.getClass().getSimpleName();
        try {
            String message = name.concat(": ").concat(String.valueOf(problem.getMessage()));
            return message.substring(0, Math.min(300, message.length()));
        } catch (Throwable another) {
            return name;
        }
    }
}

/** What becomes of a request. */
abstract class Answers {
    abstract Object answer(Map<String, Object> request) throws Throwable;
}

/** Source is no Java; the message says where. */
final class CompileError extends Exception {
    CompileError(String message) {
        super(message);
    }
}

/** Class files by their names, in base64. Annotation processors, which are code, are off. */
final class Compiler extends Answers {
    private static final List<String> OPTIONS = List.of(
        "-proc:none", "-implicit:none", "-nowarn", "-XDstringConcat=inline", "-classpath", "/nothing");
    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final JavaFileManager platform = compiler.getStandardFileManager(null, null, null);

    @Override
    Object answer(Map<String, Object> request) throws CompileError {
        Map<String, Object> classes = new LinkedHashMap<>();
        if (!request.containsKey("source")) {
            return null;
        }
        Map<String, ByteArrayOutputStream> written = new LinkedHashMap<>();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        List<JavaFileObject> sources = List.of(new Source((String) request.get("source")));
        boolean good = compiler.getTask(new StringWriter(), new Memory(platform, written), found, OPTIONS, null, sources).call();
        if (!good) {
            throw problem(found);
        }
        for (Map.Entry<String, ByteArrayOutputStream> each : written.entrySet()) {
            classes.put(each.getKey(), Base64.getEncoder().encodeToString(each.getValue().toByteArray()));
        }
        return classes;
    }

    private static CompileError problem(DiagnosticCollector<JavaFileObject> found) {
        for (Diagnostic<?> each : found.getDiagnostics()) {
            if (each.getKind() == Diagnostic.Kind.ERROR) {
                return new CompileError("line " + each.getLineNumber() + ": " + each.getMessage(null));
            }
        }
        throw new IllegalStateException("the compiler gave up");
    }
}

/** Source text, whose classes may have any name. */
final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String text) {
        super(URI.create("string:///Program.java"), Kind.SOURCE);
        this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreErrors) {
        return text;
    }

    @Override
    public boolean isNameCompatible(String name, Kind kind) {
        return kind == Kind.SOURCE;
    }
}

/** Keeps class files in memory. */
final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, ByteArrayOutputStream> written;

    Memory(JavaFileManager platform, Map<String, ByteArrayOutputStream> written) {
        super(platform);
        this.written = written;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(Location at, String name, JavaFileObject.Kind kind, FileObject from) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        written.put(name, file);
        return new SimpleJavaFileObject(URI.create("memory:///" + name.replace('.', '/')), kind) {
            @Override
            public OutputStream openOutputStream() {
                return file;
            }
        };
    }
}

/** Loads a program and calls what is in it. */
final class Runner extends Answers {
    private final List<Class<?>> classes = new ArrayList<>();
    private final Map<Long, Object> kept = new HashMap<>();

    @Override
    Object answer(Map<String, Object> request) throws Throwable {
        if (request.containsKey("source")) {
            load(request.get("source"));
        } else if (request.containsKey("function")) {
            return called(request);
        }
        return null;
    }

    private void load(Object source) throws ClassNotFoundException {
        Loader loader = new Loader((Map<?, ?>) source);
        for (Object name : ((Map<?, ?>) source).keySet()) {
            if (((String) name).indexOf('$') < 0) {
                classes.add(Class.forName((String) name, true, loader));
            }
        }
    }

    /** What a call returns; null for an object of a class that is called. */
    private Object called(Map<String, Object> request) throws Throwable {
        String name = (String) request.get("function");
        Object receiver = request.get("receiver");
        List<?> given = (List<?>) request.get("arguments");
        Object object = receiver == null ? null : kept.get(receiver);
        if (receiver != null && object == null) {
            throw new NullPointerException("there is no object from call ".concat(receiver.toString()));
        }
        List<Executable> found = new ArrayList<>();
        if (object == null) {
            functions(name, found);
        } else {
            methods(object.getClass(), name, found);
        }
        Executable chosen = null;
        Object[] values = null;
        IllegalArgumentException problem = null;
        for (int i = 0; i < found.size() && values == null; i++) {
            try {
                chosen = found.get(i);
                values = Conversion.arguments(chosen, given);
            } catch (IllegalArgumentException wrong) {
                problem = wrong;
            }
        }
        if (values == null) {
            throw problem != null ? problem : new NoSuchMethodException(name);
        }
        Object value = invoked(chosen, object, values);
        if ((Boolean) request.get("keep")) {
            kept.put((Long) request.get("number"), value);
        }
        return chosen instanceof Constructor ? null : value;
    }

    private static Object invoked(Executable chosen, Object object, Object[] values) throws Throwable {
        try {
            if (chosen instanceof Constructor) {
                chosen.setAccessible(true);
                return ((Constructor<?>) chosen).newInstance(values);
            }
            if (chosen.getDeclaringClass().getClassLoader() instanceof Loader) {
                chosen.setAccessible(true);
            }
            return ((Method) chosen).invoke(object, values);
        } catch (InvocationTargetException wrapped) {
            throw wrapped.getCause();
        }
    }

    /** Constructors of the class with that name, or static methods of any class. */
    private void functions(String name, List<Executable> found) {
        for (Class<?> each : classes) {
            if (each.getSimpleName().equals(name)) {
                found.addAll(List.of(each.getDeclaredConstructors()));
            }
        }
        for (Class<?> each : classes) {
            for (Method method : each.getDeclaredMethods()) {
                if (method.getName().equals(name) && Modifier.isStatic(method.getModifiers()) && !method.isSynthetic()) {
                    found.add(method);
                }
            }
        }
    }

    private static void methods(Class<?> kind, String name, List<Executable> found) {
        for (Class<?> each = kind; each != null && each.getClassLoader() instanceof Loader; each = each.getSuperclass()) {
            for (Method method : each.getDeclaredMethods()) {
                if (method.getName().equals(name) && !method.isSynthetic()) {
                    found.add(method);
                }
            }
        }
        for (Method method : kind.getMethods()) {
            if (method.getName().equals(name) && Modifier.isPublic(method.getDeclaringClass().getModifiers())) {
                found.add(method);
            }
        }
    }
}

/** The classes of one program. */
final class Loader extends ClassLoader {
    private final Map<?, ?> files;

    Loader(Map<?, ?> files) {
        super(ClassLoader.getPlatformClassLoader());
        this.files = files;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        Object file = files.get(name);
        if (file == null) {
            throw new ClassNotFoundException(name);
        }
        byte[] code = Base64.getDecoder().decode((String) file);
        return defineClass(name, code, 0, code.length);
    }
}

/** Values of JSON as the types that a program declares. */
final class Conversion {
    static Object[] arguments(Executable called, List<?> given) {
        Type[] types = called.getParameterTypes();
        for (Type each : called.getParameterTypes()) {
            if (each == List.class || each == Map.class) {
                types = called.getGenericParameterTypes(); // only where it is needed, because it takes long
            }
        }
        if (types.length != given.size()) {
            throw new IllegalArgumentException(types.length + " arguments are expected, not " + given.size());
        }
        Object[] values = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            values[i] = converted(given.get(i), types[i]);
        }
        return values;
    }

    static Object converted(Object value, Type type) {
        Class<?> kind = raw(type);
        if (value == null) {
            if (kind.isPrimitive()) {
                throw unfit(value, type);
            }
            return null;
        }
        if (value instanceof List) {
            return kind.isArray() ? array((List<?>) value, type) : list((List<?>) value, type, kind);
        }
        if (value instanceof Map && kind.isAssignableFrom(LinkedHashMap.class)) {
            Map<Object, Object> found = new LinkedHashMap<>();
            for (Object each : (List<?>) ((Map<?, ?>) value).get("entries")) {
                List<?> entry = (List<?>) each;
                found.put(converted(entry.get(0), part(type, 0)), converted(entry.get(1), part(type, 1)));
            }
            return found;
        }
        Object found = value instanceof Long || value instanceof BigInteger ? integer(value, kind) : other(value, kind);
        if (found == null) {
            throw unfit(value, type);
        }
        return found;
    }

    private static Object array(List<?> values, Type type) {
        Type inner = type instanceof GenericArrayType
            ? ((GenericArrayType) type).getGenericComponentType()
            : raw(type).getComponentType();
        Object found = Array.newInstance(raw(inner), values.size());
        for (int i = 0; i < values.size(); i++) {
            Array.set(found, i, converted(values.get(i), inner));
        }
        return found;
    }

    private static Object list(List<?> values, Type type, Class<?> kind) {
        if (!kind.isAssignableFrom(ArrayList.class)) {
            throw unfit(values, type);
        }
        List<Object> found = new ArrayList<>();
        for (Object each : values) {
            found.add(converted(each, part(type, 0)));
        }
        return found;
    }

    /** An integer as what it fits exactly; null where it does not. */
    private static Object integer(Object value, Class<?> kind) {
        if (kind == BigInteger.class) {
            return value instanceof Long ? BigInteger.valueOf((Long) value) : value;
        }
        if (kind.isAssignableFrom(value.getClass())) {
            return value;
        }
        if (value instanceof BigInteger) {
            return null;
        }
        long number = (Long) value;
        if (kind == long.class) {
            return number;
        } else if ((kind == int.class || kind == Integer.class) && number == (int) number) {
            return (int) number;
        } else if ((kind == short.class || kind == Short.class) && number == (short) number) {
            return (short) number;
        } else if ((kind == byte.class || kind == Byte.class) && number == (byte) number) {
            return (byte) number;
        } else if ((kind == double.class || kind == Double.class) && number == (long) (double) number) {
            return (double) number;
        }
        return null;
    }

    private static Object other(Object value, Class<?> kind) {
        if (kind.isAssignableFrom(value.getClass())) {
            return value;
        } else if (kind == boolean.class && value instanceof Boolean || kind == double.class && value instanceof Double) {
            return value;
        } else if ((kind == float.class || kind == Float.class) && value instanceof Double) {
            return ((Double) value).floatValue();
        } else if ((kind == char.class || kind == Character.class) && value instanceof String) {
            return ((String) value).length() == 1 ? ((String) value).charAt(0) : null;
        }
        return null;
    }

    private static Class<?> raw(Type type) {
        if (type instanceof Class) {
            return (Class<?>) type;
        } else if (type instanceof ParameterizedType) {
            return (Class<?>) ((ParameterizedType) type).getRawType();
        } else if (type instanceof GenericArrayType) {
            return Array.newInstance(raw(((GenericArrayType) type).getGenericComponentType()), 0).getClass();
        }
        return Object.class;
    }

    private static Type part(Type type, int number) {
        return type instanceof ParameterizedType ? ((ParameterizedType) type).getActualTypeArguments()[number] : Object.class;
    }

    private static IllegalArgumentException unfit(Object value, Type type) {
        String said = String.valueOf(value);
        return new IllegalArgumentException(said.substring(0, Math.min(60, said.length())) + " is no " + type.getTypeName());
    }
}

/** Values of a line of JSON, which is known to be right. */
final class Reader {
    private final String line;
    private int at;

    Reader(String line) {
        this.line = line;
    }

    Object value() {
        char next = skip();
        switch (next) {
            case '{':
                return mapping();
            case '[':
                return list();
            case '"':
                return text();
            case 't':
                at += 4;
                return true;
            case 'f':
                at += 5;
                return false;
            case 'n':
                at += 4;
                return null;
            default:
                return number();
        }
    }

    private char skip() {
        while (" ,:\n".indexOf(line.charAt(at)) >= 0) {
            at++;
        }
        return line.charAt(at);
    }

    private Map<String, Object> mapping() {
        Map<String, Object> found = new LinkedHashMap<>();
        at++;
        while (skip() != '}') {
            String name = text();
            found.put(name, value());
        }
        at++;
        return found;
    }

    private List<Object> list() {
        List<Object> found = new ArrayList<>();
        at++;
        while (skip() != ']') {
            found.add(value());
        }
        at++;
        return found;
    }

    private String text() {
        StringBuilder found = new StringBuilder();
        at++;
        for (char next; (next = line.charAt(at++)) != '"'; ) {
            found.append(next == '\\' ? escaped() : next);
        }
        return found.toString();
    }

    private char escaped() {
        char kind = line.charAt(at++);
        if (kind == 'u') {
            at += 4;
            return (char) Integer.parseInt(line.substring(at - 4, at), 16);
        }
        int known = "bfnrt".indexOf(kind);
        return known < 0 ? kind : "\b\f\n\r\t".charAt(known);
    }

    private Object number() {
        int begin = at;
        while (at < line.length() && "+-.0123456789eE".indexOf(line.charAt(at)) >= 0) {
            at++;
        }
        String said = line.substring(begin, at);
        if (said.indexOf('.') >= 0 || said.indexOf('e') >= 0 || said.indexOf('E') >= 0) {
            return Double.valueOf(said);
        }
        return said.length() < 19 ? (Object) Long.valueOf(said) : shortened(new BigInteger(said));
    }

    private static Object shortened(BigInteger number) {
        return number.bitLength() < 64 ? (Object) number.longValue() : number;
    }
}

/** Values as JSON. */
final class Writer {
    private static final int MOST_PARTS = 100_000;
    private static final int DEEPEST = 50;
    private final StringBuilder said;
    private int parts;

    Writer(StringBuilder said) {
        this.said = said;
    }

    void write(Object value, int depth) {
        if (++parts > MOST_PARTS || depth > DEEPEST) {
            throw new IllegalArgumentException("the value that was returned is too large");
        }
        if (value == null || value instanceof Boolean || isInteger(value) || isFinite(value)) {
            said.append(value);
        } else if (value instanceof String || value instanceof Character) {
            text(value.toString());
        } else if (value instanceof List) {
            list(((List<?>) value).toArray(), depth);
        } else if (value.getClass().isArray()) {
            list(value, depth);
        } else if (value instanceof Map) {
            mapping((Map<?, ?>) value, depth);
        } else {
            String kind = value.getClass().getSimpleName();
            throw new IllegalArgumentException(
                "a value of type ".concat(kind).concat(" was returned, which JSON has no word for"));
        }
    }

    private static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte
            || value.getClass() == BigInteger.class;
    }

    private static boolean isFinite(Object value) {
        return value instanceof Double && Double.isFinite((Double) value)
            || value instanceof Float && Float.isFinite((Float) value);
    }

    private void list(Object values, int depth) {
        int length = Array.getLength(values);
        said.append('[');
        for (int i = 0; i < length; i++) {
            if (i > 0) {
                said.append(',');
            }
            write(Array.get(values, i), depth + 1);
        }
        said.append(']');
    }

    private void mapping(Map<?, ?> values, int depth) {
        String before = "{\"entries\": [";
        for (Map.Entry<?, ?> each : values.entrySet()) {
            Object key = each.getKey();
            if (key == null || !(key instanceof String || key instanceof Character || isInteger(key))) {
                throw new IllegalArgumentException("a Map with keys that are neither text nor integers was returned");
            }
            said.append(before).append('[');
            write(key, depth + 1);
            said.append(',');
            write(each.getValue(), depth + 1);
            said.append(']');
            before = ",";
        }
        said.append(values.isEmpty() ? "{\"entries\": []}" : "]}");
    }

    void text(String value) {
        said.append('"');
        for (int i = 0; i < value.length(); i++) {
            char next = value.charAt(i);
            if (next == '"' || next == '\\') {
                said.append('\\').append(next);
            } else if (next >= 0x20 && next < 0x7f) {
                said.append(next);
            } else {
                String digits = Integer.toHexString(next);
                said.append("\\u").append("0000", 0, 4 - digits.length()).append(digits);
            }
        }
        said.append('"');
    }
}
