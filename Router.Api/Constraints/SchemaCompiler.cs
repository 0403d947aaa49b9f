using System.Text.Json;
using Router.Api.Constraints.Patterns;
using Router.Api.Constraints.Rules;
using Router.Api.Constraints.Schemas;
using Router.Api.Errors;

namespace Router.Api.Constraints;

/// <summary>
/// Compiles a JSON schema to a grammar, so that every text of the grammar is valid under the schema. What this cannot promise is refused by name: a
/// schema is never weakened.
/// </summary>
internal sealed class SchemaCompiler
{
    private const int MaxRules = 5000;

    private readonly SchemaSpace _space = new();
    private readonly List<Rule> _rules = [];
    private readonly Dictionary<int, Rule> _compiled = [];
    private readonly Dictionary<int, UnionRule?> _open = [];   // being compiled, with what stands for them where they hold themselves
    private readonly ArrayCompiler _arrays;
    private readonly ObjectCompiler _objects;
    private readonly SchemaPlace _root;

    private SchemaCompiler(SchemaPlace root) => (_root, _arrays, _objects) = (root, new(_space, Compile), new(_space, Compile));

    /// <param name="path">Where the schema is in the request, for errors.</param>
    /// <exception cref="ApiException">The schema is malformed, uses what cannot be promised, or admits no finite text.</exception>
    public static Rule Compile(JsonElement schema, string path) => Run(schema, path, (_, root) => root);

    /// <summary>Of the schema's values only the objects; properties that it does not speak of are not meant.</summary>
    public static Rule CompileArguments(JsonElement schema, string path) => Run(schema, path, (space, root) =>
        space.Both(root, space.Create(path, () => [ObjectShape.Any(space) with { IsListed = true, Path = path }])));

    private static Rule Run(JsonElement element, string path, Func<SchemaSpace, Schema, Schema> narrow)
    {
        var document = new SchemaDocument(element, path);
        var compiler = new SchemaCompiler(document.Root);
        try
        {
            var schema = narrow(compiler._space, new SchemaReader(compiler._space, document).Read(document.Root));
            var rule = compiler.Compile(schema);
            JsonRules.Complete(compiler._rules);
            return rule.MinBytes >= Rule.Endless ? throw compiler.Contradiction(schema, path, [])
                : rule.MinDepth > JsonThread.MaxDepth / 2 ? throw SchemaErrors.Unkept(path, "its values are nested too deeply")
                : rule;
        }
        catch (SchemaLoopException e)
        {
            throw SchemaErrors.Bad(e.Path, "it refers to itself without end");
        }
        catch (PatternException e)
        {
            throw SchemaErrors.Unkept(path, $"its patterns cannot be kept: {e.Message}");
        }
    }

    private Rule Compile(Schema schema)
    {
        if (schema == _space.Any)
            return JsonRules.AnyValue;
        if (_compiled.TryGetValue(schema.Id, out var known))
            return known;
        if (_open.TryGetValue(schema.Id, out var union))
            return _open[schema.Id] = union ?? Keep(new UnionRule());
        using (_space.Enter(schema.Path))
        {
            _open[schema.Id] = null;
            var shapes = Meant(schema);
            var values = shapes.OfType<ValuesShape>().SelectMany(s => s.Values).ToArray();
            List<Rule> rules = [.. shapes.Where(s => s is not ValuesShape).Select(s => Keep(Compile(s)))];
            if (values.Length > 0)
                rules.Insert(0, Keep(new LiteralRule(values.Select(JsonTexts.Of))));
            _open.Remove(schema.Id, out union);
            if (union is null && rules.Count == 1)
                return _compiled[schema.Id] = rules[0];
            union ??= Keep(new UnionRule());
            union.Alternatives.AddRange(rules);
            return _compiled[schema.Id] = union;
        }
    }

    private Rule Compile(Shape shape) => shape switch
    {
        NumberShape number => NumberCompiler.Compile(number),
        StringShape text when text.Text == _space.Languages.Anything && text.Formats.Count == 0 => new StringRule(text.Least, text.Most),
        StringShape text => new PatternRule(_space.Texts.Automaton(_space.Texts.Of(text), text.Path)),
        ArrayShape array => _arrays.Compile(array),
        _ => _objects.Compile((ObjectShape)shape),
    };

    /// <summary>The shapes that hold something, of these the ones that are meant if any is.</summary>
    private Shape[] Meant(Schema schema)
    {
        Shape[] shapes = [.. schema.Shapes.Where(s => !s.IsEmpty(_space))];
        return shapes.Any(s => s.IsMeant) ? [.. shapes.Where(s => s.IsMeant)] : shapes;
    }

    /// <summary>Names the innermost place that nothing fits.</summary>
    private ApiException Contradiction(Schema schema, string path, HashSet<int> seen)
    {
        path = schema.Path.Length > 0 ? schema.Path : path;
        seen.Add(schema.Id);
        foreach (var shape in schema.Shapes.OfType<ObjectShape>())
            foreach (var property in shape.Named)
                if (property.IsRequired && !seen.Contains(property.Value.Id) && (property.Value.IsEmpty || (_compiled.TryGetValue(property.Value.Id, out var rule) && rule.MinBytes >= Rule.Endless)))
                    return Contradiction(property.Value, $"{shape.Path}.properties.{SchemaErrors.Short(property.Name)}", seen);
        return SchemaErrors.Bad(path, "its keywords contradict each other, or only an endless value fits them: no value can be written");
    }

    private T Keep<T>(T rule) where T : Rule
    {
        _rules.Add(rule);
        return _rules.Count <= MaxRules ? rule : throw SchemaErrors.Bad(_root.Path, "it is too large");
    }
}
