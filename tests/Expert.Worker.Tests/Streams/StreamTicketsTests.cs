using Expert.Worker.Experts;
using Expert.Worker.Streams;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Expert.Worker.Tests.Streams;

public sealed class StreamTicketsTests
{
    private static readonly ExpertId Unix = ExpertId.Parse("unix");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(60));
    private readonly StreamTickets _tickets;

    public StreamTicketsTests() => _tickets = new(Options.Create(new WorkerOptions()), _time);

    [Fact]
    public void A_ticket_opens_the_expert_it_names_for_the_router_it_names()
    {
        Assert.True(_tickets.Check(Unix, _tickets.Issue(Unix, "router | 1").Ticket, out var router));
        Assert.Equal("router | 1", router);
    }

    [Fact]
    public void It_opens_no_other_expert() => AssertRefused(ExpertId.Parse("code"), _tickets.Issue(Unix, "r").Ticket, "is for expert 'unix'");

    [Fact]
    public void It_ends_with_its_time()
    {
        var (ticket, expires) = _tickets.Issue(Unix, "r");
        Assert.Equal(TimeSpan.FromSeconds(30), expires - _time.GetUtcNow());
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(_tickets.Check(Unix, ticket, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        AssertRefused(Unix, ticket, "expired");
    }

    [Fact]
    public void One_of_another_worker_opens_nothing() =>
        AssertRefused(Unix, new StreamTickets(Options.Create(new WorkerOptions()), _time).Issue(Unix, "r").Ticket, "not granted by this worker");

    [Fact]
    public void No_change_of_a_ticket_survives()
    {
        var ticket = _tickets.Issue(Unix, "r").Ticket;
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var forged = ticket.ToCharArray();
            forged[random.Next(forged.Length)] = (char)random.Next(33, 127);
            // The last character of a base64 group may hold bits that do not count.
            if (!new string(forged).Equals(ticket, StringComparison.Ordinal) && _tickets.Check(Unix, forged, out _))
                Assert.Equal(ticket[..^1], new string(forged)[..^1]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.b")]
    [InlineData("....")]
    [InlineData("%%%.%%%")]
    public void Nonsense_opens_nothing(string ticket) => AssertRefused(Unix, ticket, "malformed");

    [Fact]
    public void A_ticket_without_end_opens_nothing() => AssertRefused(Unix, new string('a', 100_000) + ".b", "malformed");

    private void AssertRefused(ExpertId expert, string ticket, string reason)
    {
        Assert.False(_tickets.Check(expert, ticket, out var said));
        Assert.Contains(reason, said);
    }
}
