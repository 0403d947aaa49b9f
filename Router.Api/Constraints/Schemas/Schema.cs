namespace Router.Api.Constraints.Schemas;

/// <summary>
/// A set of JSON values as a union of shapes. The shapes are worked out when they are first asked for, so that a schema may hold itself.
/// </summary>
/// <param name="id">Equal for no two schemas of a <see cref="SchemaSpace"/>.</param>
/// <param name="path">Where it stands in the request, for errors.</param>
/// <param name="parts">The schemas that it is the intersection of.</param>
internal sealed class Schema(SchemaSpace space, int id, string path, IReadOnlyList<Schema> parts, Func<IReadOnlyList<Shape>> expand)
{
    private IReadOnlyList<Shape>? _shapes;
    private bool _expanding, _checking;
    private bool? _isEmpty;

    public int Id => id;

    public string Path => path;

    public IReadOnlyList<Schema> Parts => parts.Count == 0 ? [this] : parts;

    /// <exception cref="SchemaLoopException">They were asked for in order to work them out.</exception>
    public IReadOnlyList<Shape> Shapes
    {
        get
        {
            if (_shapes is not null)
                return _shapes;
            if (_expanding)
                throw new SchemaLoopException(path);
            _expanding = true;
            try
            {
                using (space.Enter(path))
                    return _shapes = expand();
            }
            finally
            {
                _expanding = false;
            }
        }
    }

    /// <summary>True when it is known to hold no value; one that only an endless value would fit passes for not empty.</summary>
    public bool IsEmpty
    {
        get
        {
            if (_isEmpty is { } known)
                return known;
            if (_checking || _expanding)
                return false;
            _checking = true;
            try
            {
                using (space.Enter(path))
                    return (_isEmpty = Shapes.All(s => s.IsEmpty(space))).Value;
            }
            catch (SchemaLoopException)
            {
                return false;   // what it is made of is not worked out yet
            }
            finally
            {
                _checking = false;
            }
        }
    }

    public bool Holds(System.Text.Json.JsonElement value)
    {
        using (space.Enter(path))
            return Shapes.Any(s => s.Holds(value, space));
    }
}

/// <summary>A schema that is made of itself.</summary>
internal sealed class SchemaLoopException(string path) : Exception
{
    public string Path => path;
}
