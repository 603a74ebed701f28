//! The binary `ecom`.
use std::io::Write;
fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "generate" {
        let rows = args[2].parse()?;
        let start = 1_790_000_000;
        let plan = ecom_simulator::Plan { seed: 1, id: 26_000_000_001, start, end: start + 14 * 86_400, rows, previous_reserve: 4_567_800, current_reserve: 5_123_400, extra: Vec::new() };
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        ecom_simulator::write_v2(&plan, &ecom_simulator::Catalogue::new(1, 2000), &mut out)?;
        out.flush()?;
    } else {
        let t = std::time::Instant::now();
        let options = ecom_ledger::settlement::Options::new()?;
        let r = ecom_ledger::settlement::read(std::fs::File::open(&args[2])?, &options, &|_| ())?;
        eprintln!("{:?}", t.elapsed());
        for s in &r.settlements { eprintln!("{} {:?} sum {} lines {} balanced {} products {} days {} units {}", s.id, s.head, s.tally.sum, s.tally.lines, s.balanced(), s.tally.products.len(), s.tally.days.len(), s.tally.units.len());
          for (l, sum) in &s.tally.labels { if sum.unclassified > 0 { eprintln!("  {:?} {:?}", r.names.labels[*l as usize], sum); } } }
        eprintln!("{:?}", r.problems);
    }
    Ok(())
}
