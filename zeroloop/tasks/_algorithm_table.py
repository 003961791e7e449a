"""Algorithms with a name: a table of what they return and how, and their oracles."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate, groupby, pairwise, zip_longest
from typing import Any, NamedTuple

_TABLE = """
digit sum {k} | n: large | int | 21 | let while | 2 3 10
    the sum of the digits of n in base {k}
    total = 0
    while n > 0:
        total += n % {k}
        n //= {k}
    return total

digits {k} | n: large | int | 19 | let while | 2 5 10
    how many digits n has in base {k} (none where it is 0)
    count = 0
    while n > 0:
        count += 1
        n //= {k}
    return count

digit list {k} | n: large | list[int] | 19 | let while list | 2 3 10
    the digits of n in base {k}, the last one first (none where it is 0)
    digits = []
    while n > 0:
        digits.append(n % {k})
        n //= {k}
    return digits

largest digit {k} | n: large | int | 21 | let while | 4 8 10
    the largest digit of n in base {k} (0 where it is 0)
    best = 0
    while n > 0:
        best = max(best, n % {k})
        n //= {k}
    return best

digit count {k} | n: large | int | 26 | let while if | 1 2 5 7
    how often the digit {k} occurs in n, in base 10
    count = 0
    while n > 0:
        if n % 10 == {k}:
            count += 1
        n //= 10
    return count

digits backwards {k} | n: large | int | 23 | let while | 2 3 10
    the number whose digits in base {k} are those of n from the last to the first
    other = 0
    while n > 0:
        other = other * {k} + n % {k}
        n //= {k}
    return other

digital root | n: large | int | 29 | let while
    what is left of n when it is replaced by the sum of its decimal digits until there is only one digit
    while n > 9:
        total = 0
        while n > 0:
            total += n % 10
            n //= 10
        n = total
    return n

digit product | n: large | int | 21 | let while
    the product of the decimal digits of n (1 where it is 0)
    product = 1
    while n > 0:
        product *= n % 10
        n //= 10
    return product

text in base {k} | n: large | str | 22 | let while text | 2 3 8
    the digits of n in base {k}, as a text (empty where it is 0)
    digits = ""
    while n > 0:
        digits = str(n % {k}) + digits
        n //= {k}
    return digits

gcd | a: positive, b: positive | int | 14 | pair while
    the greatest integer that divides both a and b
    while b > 0:
        a, b = b, a % b
    return a

lcm | a: positive, b: positive | int | 16 | let while
    the smallest positive integer that both a and b divide
    multiple = a
    while multiple % b != 0:
        multiple += a
    return multiple

common divisors | a: positive, b: positive | list[int] | 26 | let if loop list
    all positive integers that divide both a and b, in ascending order
    found = []
    for i in range(1, a + 1):
        if a % i == 0 and b % i == 0:
            found.append(i)
    return found

power mod {k} | a: natural, n: natural | int | 15 | let loop | 7 10 97
    the remainder of a to the power of n, divided by {k}
    result = 1
    for i in range(n):
        result = result * a % {k}
    return result

collatz steps | n: positive | int | 34 | let if while
    how many steps it takes from n to 1, where an even number becomes half of it and an odd one 3 times it plus 1
    steps = 0
    while n > 1:
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps

collatz peak | n: positive | int | 34 | let if while
    the largest number on the way from n to 1, where an even number becomes half of it and an odd one 3 times it plus 1
    best = n
    while n > 1:
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
        best = max(best, n)
    return best

halvings {k} | n: positive | int | 21 | let while | 2 3
    how often n can be divided by {k} without a remainder
    count = 0
    while n % {k} == 0:
        n //= {k}
        count += 1
    return count

steps to zero {k} | n: positive | int | 32 | let if while | 2 3
    how many steps it takes from n to 0, where a number that {k} divides is divided by it, and others get 1 less
    steps = 0
    while n > 0:
        if n % {k} == 0:
            n //= {k}
        else:
            n -= 1
        steps += 1
    return steps

logarithm {k} | n: positive | int | 21 | let while | 2 3
    the largest e for which {k} to the power of e is at most n
    e = 0
    power = {k}
    while power <= n:
        power *= {k}
        e += 1
    return e

square root | n: natural | int | 20 | let while
    the largest integer whose square is at most n
    root = 0
    while (root + 1) * (root + 1) <= n:
        root += 1
    return root

is square | n: natural | bool | 20 | let while
    whether n is the square of an integer
    root = 0
    while root * root < n:
        root += 1
    return root * root == n

is power of {k} | n: positive | bool | 16 | let while | 2 3
    whether n is {k} to the power of an integer
    while n % {k} == 0:
        n //= {k}
    return n == 1

smallest divisor | n: positive | int | 16 | let while
    the smallest integer above 1 that divides n -- n is at least 2
    divisor = 2
    while n % divisor != 0:
        divisor += 1
    return divisor

prime factors | n: positive | list[int] | 31 | let while list
    the primes whose product is n, in ascending order
    factors = []
    divisor = 2
    while n > 1:
        while n % divisor == 0:
            factors.append(divisor)
            n //= divisor
        divisor += 1
    return factors

primes | n: natural | list[int] | 22 | let if loop list
    all primes up to n, in ascending order
    found = []
    for i in range(2, n + 1):
        if all(i % x != 0 for x in found):
            found.append(i)
    return found

count primes | n: natural | int | 29 | let if loop
    how many primes are at most n
    count = 0
    for i in range(2, n + 1):
        if all(i % (x + 2) != 0 for x in range(i - 2)):
            count += 1
    return count

is perfect | n: positive | bool | 22 | let if loop
    whether n is the sum of all smaller positive integers that divide it
    total = 0
    for i in range(1, n):
        if n % i == 0:
            total += i
    return total == n

binomial | n: natural, k: natural | int | 19 | let loop
    how many ways there are to choose k of n things
    ways = 1
    for i in range(k):
        ways = ways * (n - i) // (i + 1)
    return ways

row of pascal | n: natural | list[int] | 22 | let loop list
    how many ways there are to choose 0, 1, 2 and so on up to n of n things
    row = [1]
    for i in range(n):
        row.append(row[i] * (n - i) // (i + 1))
    return row

triangle above | n: natural | int | 21 | let while
    the smallest k for which 1 + 2 + ... + k is at least n
    k = 0
    total = 0
    while total < n:
        k += 1
        total += k
    return k

last in a circle {k} | n: positive | int | 17 | let loop | 2 3
    the place, from 0, of the one who stays when of n in a circle every one in turn of {k} leaves until one is left
    place = 0
    for i in range(2, n + 1):
        place = (place + {k}) % i
    return place

countdown list {k} | n: natural | list[int] | 17 | let while list | 1 2 3
    n, n - {k}, n - 2 times {k} and so on, down to the last one above 0
    found = []
    while n > 0:
        found.append(n)
        n -= {k}
    return found

running maximum | numbers: filled | list[int] | 19 | let loop list
    for each number, the largest one up to it
    best = numbers[0]
    found = []
    for x in numbers:
        best = max(best, x)
        found.append(best)
    return found

running products | numbers: list | list[int] | 17 | let loop list
    for each number, the product of all up to it
    product = 1
    found = []
    for x in numbers:
        product *= x
        found.append(product)
    return found

differences | numbers: list | list[int] | 20 | let loop list
    for each number but the first, how much larger it is than the one before
    found = []
    for i in range(1, len(numbers)):
        found.append(numbers[i] - numbers[i - 1])
    return found

count changes | numbers: list | int | 25 | let if loop
    how many numbers differ from the one before
    changes = 0
    for i in range(1, len(numbers)):
        if numbers[i] != numbers[i - 1]:
            changes += 1
    return changes

count ascents | numbers: list | int | 25 | let if loop
    how many numbers are greater than the one before
    ascents = 0
    for i in range(1, len(numbers)):
        if numbers[i] > numbers[i - 1]:
            ascents += 1
    return ascents

count peaks | numbers: list | int | 37 | let if loop
    how many numbers are greater than the one before and the one after, where there are both
    peaks = 0
    for i in range(1, len(numbers) - 1):
        if numbers[i] > numbers[i - 1] and numbers[i] > numbers[i + 1]:
            peaks += 1
    return peaks

inversions | numbers: list | int | 30 | let if loop
    how many pairs of numbers there are of which the earlier one is the greater one
    count = 0
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] > numbers[j]:
                count += 1
    return count

pairs with sum | numbers: list, k: int | int | 32 | let if loop
    how many pairs of numbers in different places have the sum k
    count = 0
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] + numbers[j] == k:
                count += 1
    return count

longest ascent | numbers: list | int | 39 | let if loop
    how long the longest part is in which each number is greater than the one before
    best = min(len(numbers), 1)
    run = 1
    for i in range(1, len(numbers)):
        if numbers[i] > numbers[i - 1]:
            run += 1
        else:
            run = 1
        best = max(best, run)
    return best

largest part | numbers: list | int | 21 | let loop
    the largest sum that neighbouring numbers have, 0 for none of them
    best = 0
    run = 0
    for x in numbers:
        run = max(run + x, 0)
        best = max(best, run)
    return best

best gain | numbers: filled | int | 23 | let loop
    by how much a number is greater than an earlier one, at most (0 where none is)
    low = numbers[0]
    best = 0
    for x in numbers:
        best = max(best, x - low)
        low = min(low, x)
    return best

different numbers | numbers: list | list[int] | 16 | let if loop list
    the numbers, each only where it occurs for the first time
    found = []
    for x in numbers:
        if x not in found:
            found.append(x)
    return found

without repetitions | numbers: list | list[int] | 29 | let if loop list
    the numbers without those that equal the one before
    found = []
    for i in range(len(numbers)):
        if i == 0 or numbers[i] != numbers[i - 1]:
            found.append(numbers[i])
    return found

run lengths | numbers: list | list[int] | 41 | let while list
    how long each part of equal neighbours is
    lengths = []
    i = 0
    while i < len(numbers):
        j = i
        while j < len(numbers) and numbers[j] == numbers[i]:
            j += 1
        lengths.append(j - i)
        i = j
    return lengths

interleaved | first: list, second: list | list[int] | 34 | let if loop list
    one number of first, one of second, and so on in turns; those that one has more than the other at the end
    mixed = []
    for i in range(len(first) + len(second)):
        if i < len(first):
            mixed.append(first[i])
        if i < len(second):
            mixed.append(second[i])
    return mixed

sums of both | first: list, second: list | list[int] | 21 | let loop list
    the sums of numbers in the same place of both, as far as both go
    sums = []
    for i in range(min(len(first), len(second))):
        sums.append(first[i] + second[i])
    return sums

dot product | first: list, second: list | int | 23 | let loop
    the sum of the products of numbers in the same place of both, as far as both go
    total = 0
    for i in range(min(len(first), len(second))):
        total += first[i] * second[i]
    return total

equal places | first: list, second: list | int | 26 | let if loop
    in how many places both have the same number
    count = 0
    for i in range(min(len(first), len(second))):
        if first[i] == second[i]:
            count += 1
    return count

sums by {k} | numbers: list | list[int] | 26 | let while list slice | 2 3
    the sums of the first {k} numbers, of the next {k}, and so on; the last one may be of fewer
    sums = []
    i = 0
    while i < len(numbers):
        sums.append(sum(numbers[i:i + {k}]))
        i += {k}
    return sums

every {k} | numbers: list | list[int] | 22 | let while list | 2 3
    the first number and then every one in turn of {k}
    found = []
    i = 0
    while i < len(numbers):
        found.append(numbers[i])
        i += {k}
    return found

windows of {k} | numbers: list | list[int] | 22 | let loop list slice | 2 3
    the sums of all {k} neighbouring numbers
    sums = []
    for i in range(len(numbers) - {k} + 1):
        sums.append(sum(numbers[i:i + {k}]))
    return sums

places of | numbers: list, target: int | list[int] | 19 | let if loop list
    all indices of the target
    places = []
    for i in range(len(numbers)):
        if numbers[i] == target:
            places.append(i)
    return places

last place of | numbers: list, target: int | int | 19 | let if loop
    the last index of the target, or -1 where it is not among the numbers
    place = -1
    for i in range(len(numbers)):
        if numbers[i] == target:
            place = i
    return place

most frequent | numbers: filled | int | 21 | let if loop
    the number that occurs most often, the first one of several
    best = numbers[0]
    for x in numbers:
        if numbers.count(x) > numbers.count(best):
            best = x
    return best

records | numbers: list | list[int] | 17 | let if loop list
    the numbers that are greater than all before them
    found = []
    for x in numbers:
        if all(y < x for y in found):
            found.append(x)
    return found

leaders | numbers: list | list[int] | 27 | let if loop list
    the numbers that are greater than all after them
    found = []
    for i in range(len(numbers)):
        if all(x < numbers[i] for x in numbers[i + 1:]):
            found.append(numbers[i])
    return found

balance | numbers: list | int | 20 | if loop
    the first index for which the numbers before it have the sum of those after it, or -1 where there is none
    for i in range(len(numbers)):
        if sum(numbers[:i]) == sum(numbers[i + 1:]):
            return i
    return -1

swapped pairs | numbers: list | list[int] | 33 | let while list
    the numbers with the first and second swapped, the third and fourth, and so on; a last one without another stays
    found = numbers
    i = 1
    while i < len(numbers):
        found[i] = numbers[i - 1]
        found[i - 1] = numbers[i]
        i += 2
    return found

first not less | numbers: ascending, target: int | int | 34 | let if while
    how many numbers are less than the target
    low = 0
    high = len(numbers)
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] < target:
            low = middle + 1
        else:
            high = middle
    return low

first greater | numbers: ascending, target: int | int | 34 | let if while
    how many numbers are at most the target
    low = 0
    high = len(numbers)
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] <= target:
            low = middle + 1
        else:
            high = middle
    return low

rotation | numbers: rotated | int | 38 | let if while
    the index of the smallest number
    low = 0
    high = len(numbers) - 1
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] > numbers[high]:
            low = middle + 1
        else:
            high = middle
    return low

search rotated | numbers: rotated, target: int | int | 67 | let if while
    the index of the target, or -1 where it is not among the numbers
    last = numbers[-1]
    low = 0
    high = len(numbers) - 1
    while low <= high:
        middle = (low + high) // 2
        if numbers[middle] == target:
            return middle
        turned = numbers[middle] > last
        if turned and target <= last or numbers[middle] < target and (turned or target <= last):
            low = middle + 1
        else:
            high = middle - 1
    return -1

inserted | numbers: ascending, k: int | list[int] | 30 | let while | without sorted
    the numbers and k, in ascending order
    i = 0
    while i < len(numbers) and numbers[i] < k:
        i += 1
    return numbers[:i] + [k] + numbers[i:]

different characters | text: text | str | 18 | let if loop
    the characters of the text, each only where it occurs for the first time
    found = ""
    for c in text:
        if c not in found:
            found += c
    return found

without doubles | text: text | str | 32 | let if loop
    the text without characters that equal the one before
    found = ""
    for i in range(len(text)):
        if i == 0 or not text[i] == text[i - 1]:
            found += text[i]
    return found

run length text | text: text | str | 48 | let while text
    each part of equal neighbouring characters as the character and its number, such as a2b1
    coded = ""
    i = 0
    while i < len(text):
        j = i
        while j < len(text) and text[j] == text[i]:
            j += 1
        coded += text[i] + str(j - i)
        i = j
    return coded

single character | text: text | str | 12 | if loop
    the first character that occurs once, or the empty text where there is none
    for c in text:
        if text.count(c) == 1:
            return c
    return ""

repeated character | text: text | str | 17 | let if loop
    the first character that occurred before, or the empty text where there is none
    seen = ""
    for c in text:
        if c in seen:
            return c
        seen += c
    return ""

mixed texts | first: text, second: text | str | 27 | let loop
    one character of first, one of second, and so on in turns; those that one has more than the other at the end
    mixed = ""
    for i in range(len(first) + len(second)):
        mixed += first[i:][:1] + second[i:][:1]
    return mixed

common beginning | first: text, second: text | str | 30 | let while
    the longest text that both begin with
    i = 0
    while i < len(first) and i < len(second) and first[i] == second[i]:
        i += 1
    return first[:i]

same characters | first: text, second: text | bool | 18 | if loop
    whether both have the same characters, each as often
    for c in first:
        if first.count(c) != second.count(c):
            return False
    return len(first) == len(second)

is scattered | text: text, part: text | bool | 27 | let if loop
    whether the characters of part occur in the text in their order, perhaps with others between them
    i = 0
    for c in text:
        if i < len(part) and part[i] == c:
            i += 1
    return i == len(part)

different places | first: text, second: text | int | 27 | let if loop
    in how many places both have another character, as far as both go
    count = 0
    for i in range(min(len(first), len(second))):
        if not first[i] == second[i]:
            count += 1
    return count

every character {k} | text: text | str | 24 | let while | 2 3
    the first character and then every one in turn of {k}
    found = ""
    i = 0
    while i < len(text):
        found += text[i]
        i += {k}
    return found

growing beginnings | text: text | list[str] | 16 | let loop list words
    the first character, the first two characters, and so on
    found = []
    for i in range(len(text)):
        found.append(text[:i + 1])
    return found

counting with {k} | n: natural | list[str] | 25 | let if loop list words text | 2 3 5
    the integers from 1 to n as texts, with "x" in place of those that {k} divides
    found = []
    for i in range(1, n + 1):
        if i % {k} == 0:
            found.append("x")
        else:
            found.append(str(i))
    return found

enumeration | n: natural | str | 16 | let loop list words text
    the integers from 1 to n with commas between them
    parts = []
    for i in range(1, n + 1):
        parts.append(str(i))
    return ",".join(parts)

first letters | words: words | str | 14 | let loop words
    the first letters of all words that have one
    letters = ""
    for w in words:
        letters += w[:1]
    return letters

longest word | words: words | str | 17 | let if loop words
    the longest word, the first one of several, or the empty text where there is none
    best = ""
    for w in words:
        if len(w) > len(best):
            best = w
    return best

total length | words: words | int | 13 | let loop words
    how many characters all words have together
    total = 0
    for w in words:
        total += len(w)
    return total

word lengths | words: words | list[int] | 11 | let loop list words
    the length of each word
    lengths = []
    for w in words:
        lengths.append(len(w))
    return lengths

words above {k} | words: words | list[str] | 16 | let if loop list words | 1 2
    the words with more than {k} characters
    found = []
    for w in words:
        if len(w) > {k}:
            found.append(w)
    return found

words with {k} | words: words | int | 17 | let if loop words | a b e
    how many words have the letter "{k}"
    count = 0
    for w in words:
        if "{k}" in w:
            count += 1
    return count

words backwards | words: words | list[str] | 11 | let loop list words
    each word backwards
    found = []
    for w in words:
        found.append(w[::-1])
    return found

palindromic words | words: words | int | 18 | let if loop words
    how many words read the same from both ends
    count = 0
    for w in words:
        if w == w[::-1]:
            count += 1
    return count

different words | words: words | list[str] | 16 | let if loop list words
    the words, each only where it occurs for the first time
    found = []
    for w in words:
        if w not in found:
            found.append(w)
    return found

most frequent word | words: words | str | 19 | let if loop words
    the word that occurs most often, the first one of several, or the empty text where there is none
    best = ""
    for w in words:
        if words.count(w) > words.count(best):
            best = w
    return best

place of word | words: words, word: text | int | 14 | if loop words
    the first index of the word, or -1 where it is not among the words
    for i in range(len(words)):
        if words[i] == word:
            return i
    return -1

number tally | numbers: list | dict[int, int] | 16 | let loop map
    how often each number occurs
    table = {}
    for x in numbers:
        table[x] = table.get(x, 0) + 1
    return table

letter tally | text: text | dict[str, int] | 16 | let loop map
    how often each character occurs
    counts = {}
    for c in text:
        counts[c] = counts.get(c, 0) + 1
    return counts

word tally | words: words | dict[str, int] | 16 | let loop map words
    how often each word occurs
    counts = {}
    for w in words:
        counts[w] = counts.get(w, 0) + 1
    return counts

length tally | words: words | dict[int, int] | 18 | let loop map words
    how many words there are of each length that occurs
    table = {}
    for w in words:
        table[len(w)] = table.get(len(w), 0) + 1
    return table

first places | numbers: list | dict[int, int] | 23 | let if loop map
    the first index of each number
    places = {}
    for i in range(len(numbers)):
        if numbers[i] not in places:
            places[numbers[i]] = i
    return places

last places | numbers: list | dict[int, int] | 15 | let loop map
    the last index of each number
    places = {}
    for i in range(len(numbers)):
        places[numbers[i]] = i
    return places

squares table | n: natural | dict[int, int] | 16 | let loop map
    the square of each integer from 1 to n, under this integer
    table = {}
    for i in range(1, n + 1):
        table[i] = i * i
    return table

sums by remainder {k} | numbers: list | dict[int, int] | 20 | let loop map | 2 3 5
    for each remainder modulo {k} that occurs, the sum of the numbers that have it
    sums = {}
    for x in numbers:
        sums[x % {k}] = sums.get(x % {k}, 0) + x
    return sums

inverted | table: table | dict[int, int] | 15 | let loop map
    under each value its key, the largest one of several
    keys = {}
    for x in sorted(table):
        keys[table.get(x, 0)] = x
    return keys

value tally | table: table | dict[int, int] | 23 | let loop map
    how many keys have each value that occurs
    counts = {}
    for x in sorted(table):
        counts[table.get(x, 0)] = counts.get(table.get(x, 0), 0) + 1
    return counts

sum of values | counts: tally | int | 16 | let loop map words
    the sum of all values
    total = 0
    for w in sorted(counts):
        total += counts.get(w, 0)
    return total

best key | table: table | int | 27 | let if loop map
    the key with the largest value above 0, the smallest one of several, or 0 where no value is above 0
    best = 0
    most = 0
    for x in sorted(table):
        if table.get(x, 0) > most:
            best = x
            most = table.get(x, 0)
    return best

keys above {k} | counts: tally | list[str] | 19 | let if loop list map words | 0 2
    the keys whose values are greater than {k}, in ascending order
    found = []
    for w in sorted(counts):
        if counts.get(w, 0) > {k}:
            found.append(w)
    return found

added tallies | first: tally, second: tally | dict[str, int] | 20 | let loop map words
    under each key of one of them the sum of its values in both, where one that is missing counts as 0
    total = first
    for w in sorted(second):
        total[w] = first.get(w, 0) + second.get(w, 0)
    return total

total price | words: words, prices: tally | int | 15 | let loop map words
    the sum of the prices of all words; those without a price cost nothing
    total = 0
    for w in words:
        total += prices.get(w, 0)
    return total

replaced by table | numbers: list, table: table | list[int] | 13 | let loop list map
    the numbers, with the value of the table in place of each that is one of its keys
    found = []
    for x in numbers:
        found.append(table.get(x, x))
    return found
"""
"""Blocks: key, parameters and their domains, type, size, features of the language, and for some the values of {k}, or
"without" and what the language does not have; then what is returned, and for some, after "--", a promise; then the
reference."""


class Row(NamedTuple):
    """One algorithm, or one for each value of {k}.

    texts: key, parameters, type, what it returns, reference, promise.
    """

    key: str
    texts: tuple[str, str, str, str, str, str]
    size: int
    features: tuple[str, ...]
    without: tuple[str, ...]
    values: tuple[str | None, ...]


def _rows() -> Iterator[Row]:
    for block in _TABLE.strip().split("\n\n"):
        first, second, *lines = block.split("\n")
        key, parameters, returns, size, features, *more = first.split(" | ")
        says, _, promise = second.strip().partition(" -- ")
        body = "\n".join(line[4:] for line in lines)
        words = more[0].split() if more else []
        without = tuple(words[1:]) if words[:1] == ["without"] else ()
        values = tuple(words) if words and not without else (None,)
        yield Row(
            key, (key, parameters, returns, says, body, promise), int(size), tuple(features.split()), without, values
        )


ROWS = tuple(_rows())


def _digits(k: int, n: int) -> list[int]:
    """Of n in base k, the first one first."""
    return [*_digits(k, n // k), n % k] if n else []


def _from_digits(k: int, digits: list[int]) -> int:
    return digits[-1] + k * _from_digits(k, digits[:-1]) if digits else 0


def _collatz(n: int) -> Iterator[int]:
    while n != 1:
        yield n
        n = n // 2 if n % 2 == 0 else 3 * n + 1
    yield 1


def _steps_to_zero(k: int, n: int) -> int:
    return 1 + _steps_to_zero(k, n - 1 if n % k else n // k) if n else 0


def _root(n: int) -> int:
    return n if n < 10 else (n - 1) % 9 + 1


def _primes(n: int) -> list[int]:
    sieve = [p > 1 for p in range(n + 1)]
    for p in range(2, math.isqrt(n) + 1):
        for multiple in range(p * p, n + 1, p):
            sieve[multiple] = False
    return [p for p, prime in enumerate(sieve) if prime]


def _factors(n: int) -> list[int]:
    for p in _primes(n):
        if n % p == 0:
            return [p, *_factors(n // p)]
    return []


def _smallest_divisor(n: int) -> int:
    if n < 2:
        raise ValueError(n)
    return min(_factors(n))


def _last_in_a_circle(k: int, n: int) -> int:
    circle = list(range(n))
    while len(circle) > 1:
        leaves = (k - 1) % len(circle)
        circle = circle[leaves + 1 :] + circle[:leaves]
    return circle[0]


def _runs(values: Any) -> list[int]:
    return [len([*run]) for _, run in groupby(values)]


def _mixed(a: Any, b: Any) -> list[Any]:
    return [each for pair in zip_longest(a, b) for each in pair if each is not None]


def _longest_ascent(ns: list[int]) -> int:
    spans = [(i, j) for i in range(len(ns)) for j in range(i + 1, len(ns) + 1)]
    return max((j - i for i, j in spans if all(a < b for a, b in pairwise(ns[i:j]))), default=0)


def _common_beginning(a: str, b: str) -> str:
    return next(a[:i] for i in range(min(len(a), len(b)), -1, -1) if a[:i] == b[:i])


def _is_scattered(text: str, part: str) -> bool:
    rest = iter(text)
    return all(c in rest for c in part)


def _by_remainder(k: int, ns: list[int]) -> dict[int, int]:
    return {rest: sum(x for x in ns if x % k == rest) for rest in {x % k for x in ns}}


def _most_common(values: list[Any], default: Any = None) -> Any:
    return Counter(values).most_common(1)[0][0] if values else default


ORACLES: dict[str, Callable[..., Any]] = {
    "digit sum {k}": lambda k, n: sum(_digits(k, n)),
    "digits {k}": lambda k, n: len(_digits(k, n)),
    "digit list {k}": lambda k, n: _digits(k, n)[::-1],
    "largest digit {k}": lambda k, n: max(_digits(k, n), default=0),
    "digit count {k}": lambda k, n: str(n).count(str(k)),
    "digits backwards {k}": lambda k, n: _from_digits(k, _digits(k, n)[::-1]),
    "digital root": _root,
    "digit product": lambda n: math.prod(_digits(10, n)),
    "text in base {k}": lambda k, n: "".join(map(str, _digits(k, n))),
    "gcd": math.gcd,
    "lcm": math.lcm,
    "common divisors": lambda a, b: [d for d in range(1, math.gcd(a, b) + 1) if math.gcd(a, b) % d == 0],
    "power mod {k}": lambda k, a, n: pow(a, n, k),
    "collatz steps": lambda n: len([*_collatz(n)]) - 1,
    "collatz peak": lambda n: max(_collatz(n)),
    "halvings {k}": lambda k, n: _factors(n).count(k),
    "steps to zero {k}": _steps_to_zero,
    "logarithm {k}": lambda k, n: len(_digits(k, n)) - 1,
    "square root": math.isqrt,
    "is square": lambda n: math.isqrt(n) ** 2 == n,
    "is power of {k}": lambda k, n: {*_factors(n)} <= {k},
    "smallest divisor": _smallest_divisor,
    "prime factors": _factors,
    "primes": _primes,
    "count primes": lambda n: len(_primes(n)),
    "is perfect": lambda n: n == sum(d for d in range(1, n) if not n % d),
    "binomial": math.comb,
    "row of pascal": lambda n: [math.comb(n, k) for k in range(n + 1)],
    "triangle above": lambda n: next(k for k in range(n + 1) if k * (k + 1) // 2 >= n),
    "last in a circle {k}": _last_in_a_circle,
    "countdown list {k}": lambda k, n: [*range(n, 0, -k)],
    "running maximum": lambda ns: [*accumulate(ns, max)],
    "running products": lambda ns: [math.prod(ns[: i + 1]) for i in range(len(ns))],
    "differences": lambda ns: [b - a for a, b in pairwise(ns)],
    "count changes": lambda ns: max(0, len(_runs(ns)) - 1),
    "count ascents": lambda ns: sum(a < b for a, b in pairwise(ns)),
    "count peaks": lambda ns: sum(a < b > c for a, b, c in zip(ns, ns[1:], ns[2:], strict=False)),
    "inversions": lambda ns: sum(x > y for i, x in enumerate(ns) for y in ns[i:]),
    "pairs with sum": lambda ns, k: sum(x + y == k for i, x in enumerate(ns) for y in ns[:i]),
    "longest ascent": _longest_ascent,
    "largest part": lambda ns: max(sum(ns[i:j]) for i in range(len(ns) + 1) for j in range(i, len(ns) + 1)),
    "best gain": lambda ns: max(y - x for i, x in enumerate(ns) for y in ns[i:]),
    "different numbers": lambda ns: [*dict.fromkeys(ns)],
    "without repetitions": lambda ns: [x for x, _ in groupby(ns)],
    "run lengths": _runs,
    "interleaved": _mixed,
    "sums of both": lambda a, b: [x + y for x, y in zip(a, b, strict=False)],
    "dot product": lambda a, b: sum(x * y for x, y in zip(a, b, strict=False)),
    "equal places": lambda a, b: sum(x == y for x, y in zip(a, b, strict=False)),
    "sums by {k}": lambda k, ns: [sum(ns[i : i + k]) for i in range(0, len(ns), k)],
    "every {k}": lambda k, ns: ns[::k],
    "windows of {k}": lambda k, ns: [sum(ns[i : i + k]) for i in range(len(ns)) if i + k <= len(ns)],
    "places of": lambda ns, t: [i for i, x in enumerate(ns) if x == t],
    "last place of": lambda ns, t: max((i for i, x in enumerate(ns) if x == t), default=-1),
    "most frequent": _most_common,
    "records": lambda ns: [x for i, x in enumerate(ns) if x > max(ns[:i], default=x - 1)],
    "leaders": lambda ns: [x for i, x in enumerate(ns) if x > max(ns[i + 1 :], default=x - 1)],
    "balance": lambda ns: next((i for i, x in enumerate(ns) if 2 * sum(ns[:i]) + x == sum(ns)), -1),
    "swapped pairs": lambda ns: [x for i in range(0, len(ns), 2) for x in reversed(ns[i : i + 2])],
    "first not less": lambda ns, t: sum(x < t for x in ns),
    "first greater": lambda ns, t: sum(x <= t for x in ns),
    "rotation": lambda ns: ns.index(min(ns)),
    "search rotated": lambda ns, t: ns.index(t) if t in ns else -1,
    "inserted": lambda ns, k: sorted([*ns, k]),
    "different characters": lambda text: "".join(dict.fromkeys(text)),
    "without doubles": lambda text: "".join(c for c, _ in groupby(text)),
    "run length text": lambda text: "".join(f"{c}{len([*run])}" for c, run in groupby(text)),
    "single character": lambda text: next((c for c in text if len(text.split(c)) == 2), ""),
    "repeated character": lambda text: next((c for i, c in enumerate(text) if text.find(c) < i), ""),
    "mixed texts": lambda a, b: "".join(_mixed(a, b)),
    "common beginning": _common_beginning,
    "same characters": lambda a, b: Counter(a) == Counter(b),
    "is scattered": _is_scattered,
    "different places": lambda a, b: sum(x != y for x, y in zip(a, b, strict=False)),
    "every character {k}": lambda k, text: text[::k],
    "growing beginnings": lambda text: [*accumulate(text)],
    "counting with {k}": lambda k, n: [str(i) if i % k else "x" for i in range(1, n + 1)],
    "enumeration": lambda n: ",".join(map(str, range(1, n + 1))),
    "first letters": lambda words: "".join(next(iter(w), "") for w in words),
    "longest word": lambda words: max(words, key=len, default=""),
    "total length": lambda words: len("".join(words)),
    "word lengths": lambda words: [*map(len, words)],
    "words above {k}": lambda k, words: [w for w in words if w[k:]],
    "words with {k}": lambda k, words: sum(w.find(k) >= 0 for w in words),
    "words backwards": lambda words: ["".join(reversed(w)) for w in words],
    "palindromic words": lambda words: sum([*w] == [*reversed(w)] for w in words),
    "different words": lambda words: [*dict.fromkeys(words)],
    "most frequent word": lambda words: _most_common(words, ""),
    "place of word": lambda words, word: words.index(word) if word in words else -1,
    "number tally": lambda ns: dict(Counter(ns)),
    "letter tally": lambda text: dict(Counter(text)),
    "word tally": lambda words: dict(Counter(words)),
    "length tally": lambda words: dict(Counter(map(len, words))),
    "first places": lambda ns: {x: ns.index(x) for x in ns},
    "last places": lambda ns: {x: i for i, x in enumerate(ns)},
    "squares table": lambda n: {i: i**2 for i in range(1, n + 1)},
    "sums by remainder {k}": _by_remainder,
    "inverted": lambda table: {value: max(k for k, v in table.items() if v == value) for value in table.values()},
    "value tally": lambda table: dict(Counter(table.values())),
    "sum of values": lambda counts: sum(counts.values()),
    "best key": lambda table: min((k for k, v in table.items() if v == max(table.values()) > 0), default=0),
    "keys above {k}": lambda k, counts: sorted(key for key, value in counts.items() if value > k),
    "added tallies": lambda a, b: {key: a.get(key, 0) + b.get(key, 0) for key in {*a, *b}},
    "total price": lambda words, prices: sum(prices.get(w, 0) for w in words),
    "replaced by table": lambda ns, table: [{x: x, **table}[x] for x in ns],
}
"""By key; those with a {k} take it first. Written apart from the references. They raise where nothing is defined."""
