using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.Storage;

/// <summary>Short forms; parameters are positional: <c>$0</c>, <c>$1</c>... Statements stay prepared with their connection, which one thread uses at a time.</summary>
internal static class SqliteExtensions
{
    private static readonly ConditionalWeakTable<SqliteConnection, Dictionary<string, SqliteCommand>> Prepared = [];

    public static int Execute(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> parameters) =>
        connection.Command(sql, parameters).ExecuteNonQuery();

    public static List<T> Query<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> parameters)
    {
        using var reader = connection.Command(sql, parameters).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(row(reader));
        return rows;
    }

    private static SqliteCommand Command(this SqliteConnection connection, string sql, ReadOnlySpan<object?> parameters)
    {
        var commands = Prepared.GetOrCreateValue(connection);
        if (!commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < parameters.Length; i++)
                command.Parameters.Add(new SqliteParameter($"${i}", null));
            commands.Add(sql, command);
        }
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters[i].Value = parameters[i] ?? DBNull.Value;
        return command;
    }
}
