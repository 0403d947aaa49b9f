using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Texts;

/// <summary>What the mixture is measured on: short texts of the mesh's domains, and a bounded number of those that people found good, so that nobody's feedback outweighs them.</summary>
internal static class HeldOutTexts
{
    /// <summary>Fed-back texts of all parts together: below a quarter of the others.</summary>
    public const int MostFedBack = 24;

    private const int MostLength = 600;   // the smallest experts read 512 tokens

    private static readonly string[] Written =
    [
        "river: a large natural stream of water flowing to the sea.", "bread: a food made of flour and water, baked in an oven.", "anchor (noun): a heavy device that holds a ship in place.",
        "swift (adjective): moving or able to move with great speed.", "harvest (verb): to gather a crop from the field when it is ripe.", "lantern (noun): a light in a case that protects the flame from the wind.",
        "mare (noun): a female horse that is fully grown.", "carpenter (noun): a person who makes and repairs things of wood.", "shallow (adjective): not deep; with little distance from top to bottom.",
        "whisper (verb): to speak softly, in a low voice.", "orchard (noun): a piece of ground where fruit trees are grown.", "copper (noun): a soft metal of reddish colour that carries heat and electricity well.",
        "In the beginning was the word, and the word was with the people.", "And he said unto them, go into the city and find the man.", "And it came to pass in those days that the king sent for his servants.",
        "Blessed is the man that walketh in the way of the righteous.", "And they went forth from that place, and dwelt in the land of their fathers.", "The LORD spake unto the prophet, saying, Arise, and go down to the river.",
        "For I was hungry, and ye gave me bread; I was a stranger, and ye took me in.", "Then answered the woman and said, My lord, thy servant hath nothing in the house.",
        "Let not thy heart be troubled, neither let it be afraid.", "And the sons of the priest took the ark upon their shoulders, as they were commanded.",
        "Hear, O my son, the law of thy mother, and forsake not the words of the wise.", "And on the seventh day they rested from all their work which they had made.",
        "ls lists the files of a directory; with -l it shows their sizes.", "grep prints the lines of a file that match a pattern.", "The open() system call opens the file specified by pathname and returns a file descriptor.",
        "On success, zero is returned. On error, -1 is returned, and errno is set to indicate the error.", "chmod changes the mode bits of each given file according to mode.", "The fork() function creates a new process by duplicating the calling process.",
        "SYNOPSIS: #include <unistd.h> int close(int fd);", "The buffer must be at least size bytes long; the string is always terminated by a null byte.", "tar -xzf archive.tar.gz extracts the files of an archive.",
        "EINVAL The value of flags is invalid, or the file descriptor does not refer to a directory.", "The signal SIGTERM can be caught, blocked or ignored by the process.", "sort writes the sorted concatenation of all files to standard output.",
        "def add(a, b):\n    \"\"\"Returns the sum of two numbers.\"\"\"\n    return a + b", "for name in sorted(names):\n    print(name)", "def is_empty(self):\n    return len(self.items) == 0",
        "try:\n    value = int(text)\nexcept ValueError:\n    return None", "with open(path) as file:\n    lines = file.readlines()", "class Queue:\n    def __init__(self):\n        self.items = []",
        "if not isinstance(value, str):\n    raise TypeError(\"expected a string\")", "import os\nimport sys\n\nif __name__ == \"__main__\":\n    main(sys.argv)", "result = [x * x for x in range(10) if x % 2 == 0]",
        "def read_config(self, filename):\n    config = ConfigParser()\n    config.read(filename)\n    return config", "while index < len(data):\n    index += 1", "return self._cache.get(key, default)",
        "Shall we go down to the harbour before the sun is up?", "The ship left the harbour early, and the wind was fair.", "The old man closed the door and sat down by the fire.",
        "It was a cold morning, and snow lay on the roofs of the village.", "She read the letter twice and put it back in the drawer.", "A good road leads over the hill to the next town.",
        "The children ran along the river until it was dark.", "Nobody knew who had built the tower or why.", "The train was late again, so we walked home through the fields.", "He asked for bread and water, and they gave him both.",
    ];

    private static readonly IReadOnlyList<string> Own = [.. Written, .. Sums(count: 42, seed: 20)];

    /// <summary>The texts of one part, always in the same order.</summary>
    public static IReadOnlyList<string> Of(TextPart part, MeshObservation seen) => [.. Of(part), .. FedBack(seen).Where(t => TextParts.Of(t) == part)];

    /// <summary>Without those from outside.</summary>
    public static IReadOnlyList<string> Of(TextPart part) => [.. Own.Where(t => TextParts.Of(t) == part)];

    private static IEnumerable<string> FedBack(MeshObservation seen) => seen.Router.Feedback
        .Where(f => f is { Up: true, Prompt.Length: > 0, Answer.Length: > 0 }).Select(f => $"{f.Prompt} {f.Answer}")
        .Where(t => t.Length <= MostLength).Except(Own).Take(MostFedBack);

    private static IEnumerable<string> Sums(int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => Sum(random)).Distinct();
    }

    private static string Sum(Random random)
    {
        var (a, b, kind) = (random.Next(2, 100), random.Next(2, 100), random.Next(3));
        return kind switch
        {
            0 => $"What is {a} + {b}? {a} + {b} = {a + b}",
            1 => $"Compute {Math.Max(a, b)} - {Math.Min(a, b)}. {Math.Max(a, b)} - {Math.Min(a, b)} = {Math.Abs(a - b)}",
            _ => $"What is {a % 12} * {b % 12}? {a % 12} * {b % 12} = {a % 12 * (b % 12)}",
        };
    }
}
