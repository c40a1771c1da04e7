package WeighHarness;

# prove's harness with closing lines: what the truth folder added, what is known not to work yet (TODO points that
# fail), and, last, points passed and failed. A skipped point counts as neither; nor does a known failure.

use strict;
use warnings;
use parent 'TAP::Harness';

sub summary {
    my ($self, $aggregate) = @_;
    my ($truth, $broken) = (0, 0);
    for my $name ($aggregate->descriptions) {
        my ($parser) = $aggregate->parsers($name);
        $truth += $parser->tests_run if $name =~ m{tests/truth/};
        # A program that dies or breaks its plan fails, also when every point it came to print was fine.
        $broken++ if $parser->has_problems && !$parser->failed;
    }
    $self->SUPER::summary($aggregate);
    my $skipped = $aggregate->skipped;
    my $known = $aggregate->todo - $aggregate->todo_passed;
    print "$truth cases came from the truth folder\n";
    print "$skipped skipped\n" if $skipped;
    print "$known known not to work yet\n" if $known;
    printf "%d passed, %d failed\n", $aggregate->passed - $skipped - $known, $aggregate->failed + $broken;
}

1;
