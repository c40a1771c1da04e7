package WeighHarness;

# prove's harness with closing lines: what the truth folder added, what was skipped and why, what is known not to work yet
# (TODO points that fail), and, last, points passed and failed. A skipped point counts as neither; nor does a known failure.

use strict;
use warnings;
use parent 'TAP::Harness';

my %skipped;    # reason, "" where none is given -> test -> points

sub new {
    my $self = shift->SUPER::new(@_);
    $self->callback(made_parser => sub {
        my ($parser, $job) = @_;
        my $name = $job->[1];
        $parser->callback(test => sub { $skipped{$_[0]->explanation}{$name}++ if $_[0]->has_skip });
        $parser->callback(plan => sub { $skipped{$_[0]->explanation}{$name}++ if $_[0]->has_skip });
    });
    return $self;
}

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
    for my $reason (sort keys %skipped) {
        print "  ", $reason || 'no reason given', ': ', join(', ', sort keys %{$skipped{$reason}}), "\n";
    }
    print "$known known not to work yet\n" if $known;
    printf "%d passed, %d failed\n", $aggregate->passed - $skipped - $known, $aggregate->failed + $broken;
}

1;
